package ui

import (
	"slices"
	"sync"

	"fyne.io/fyne/v2"
)

// forgetful is Fyne's app without a memory: what Fyne's own widgets remember, such
// as the folder that its file dialog showed last, ends with the program. Fyne would
// write it into one file for all profiles, outside of every one of them, which
// nobody who takes a program along or deletes a profile thinks of (FEATURES M2, B9).
type forgetful struct {
	fyne.App
	values *unkept
}

// forget makes app forgetful for all of Fyne. It is called on the main goroutine,
// before anything is shown.
func forget(app fyne.App) fyne.App {
	// Which writes the file at the end, empty as well.
	if l, ok := app.Lifecycle().(interface{ SetOnStoppedHookExecuted(f func()) }); ok {
		l.SetOnStoppedHookExecuted(nil)
	}
	a := forgetful{App: app, values: &unkept{values: make(map[string]any)}}
	fyne.SetCurrentApp(a)
	return a
}

// Preferences returns those of this run of the program.
func (a forgetful) Preferences() fyne.Preferences { return a.values }

// unkept are preferences that are written nowhere. Its methods may be called from
// any goroutine.
type unkept struct {
	mu        sync.Mutex // guards what follows
	values    map[string]any
	listeners []func()
}

// value returns what is kept under a key if it is of that kind.
func value[T any](p *unkept, key string, fallback T) T {
	p.mu.Lock()
	defer p.mu.Unlock()
	if v, ok := p.values[key].(T); ok {
		return v
	}
	return fallback
}

// list is value for a list, which the caller may change.
func list[T any](p *unkept, key string, fallback []T) []T {
	return slices.Clone(value(p, key, fallback))
}

// set keeps a value, nil for none, and says so to who listens.
func (p *unkept) set(key string, v any) {
	p.mu.Lock()
	if v == nil {
		delete(p.values, key)
	} else {
		p.values[key] = v
	}
	all := slices.Clone(p.listeners)
	p.mu.Unlock()
	for _, f := range all {
		f()
	}
}

func (p *unkept) Bool(key string) bool                             { return value(p, key, false) }
func (p *unkept) BoolWithFallback(key string, b bool) bool         { return value(p, key, b) }
func (p *unkept) SetBool(key string, b bool)                       { p.set(key, b) }
func (p *unkept) BoolList(key string) []bool                       { return list[bool](p, key, nil) }
func (p *unkept) BoolListWithFallback(key string, b []bool) []bool { return list(p, key, b) }
func (p *unkept) SetBoolList(key string, b []bool)                 { p.set(key, slices.Clone(b)) }

func (p *unkept) Float(key string) float64                              { return value(p, key, 0.0) }
func (p *unkept) FloatWithFallback(key string, f float64) float64       { return value(p, key, f) }
func (p *unkept) SetFloat(key string, f float64)                        { p.set(key, f) }
func (p *unkept) FloatList(key string) []float64                        { return list[float64](p, key, nil) }
func (p *unkept) FloatListWithFallback(k string, f []float64) []float64 { return list(p, k, f) }
func (p *unkept) SetFloatList(key string, f []float64)                  { p.set(key, slices.Clone(f)) }
func (p *unkept) Int(key string) int                                    { return value(p, key, 0) }
func (p *unkept) IntWithFallback(key string, i int) int                 { return value(p, key, i) }
func (p *unkept) SetInt(key string, i int)                              { p.set(key, i) }
func (p *unkept) IntList(key string) []int                              { return list[int](p, key, nil) }
func (p *unkept) IntListWithFallback(key string, i []int) []int         { return list(p, key, i) }
func (p *unkept) SetIntList(key string, i []int)                        { p.set(key, slices.Clone(i)) }
func (p *unkept) String(key string) string                              { return value(p, key, "") }
func (p *unkept) StringWithFallback(key, s string) string               { return value(p, key, s) }
func (p *unkept) SetString(key, s string)                               { p.set(key, s) }
func (p *unkept) StringList(key string) []string                        { return list[string](p, key, nil) }
func (p *unkept) StringListWithFallback(k string, s []string) []string  { return list(p, k, s) }
func (p *unkept) SetStringList(key string, s []string)                  { p.set(key, slices.Clone(s)) }
func (p *unkept) RemoveValue(key string)                                { p.set(key, nil) }

// AddChangeListener has f called after each change.
func (p *unkept) AddChangeListener(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.listeners = append(p.listeners, f)
}

// ChangeListeners returns who is called.
func (p *unkept) ChangeListeners() []func() {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.listeners)
}
