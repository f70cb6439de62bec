package state

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Day is a day of the calendar where the person is.
type Day struct{ Year, Month, Day int }

// Start is its first moment.
func (d Day) Start() time.Time {
	return time.Date(d.Year, time.Month(d.Month), d.Day, 0, 0, 0, 0, time.Local)
}

// DayOf is the day of a time.
func DayOf(t time.Time) Day {
	t = t.Local()
	return Day{t.Year(), int(t.Month()), t.Day()}
}

// String is the day as 2006-01-02.
func (d Day) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// ParseDay reads a day as people write it: 2026-11-23, 23.11.2026, 23.11., or
// 23.11.26; without a year the last such day before now is meant. It reports
// false for what is no day.
func ParseDay(s string, now time.Time) (Day, bool) {
	s = strings.TrimSpace(s)
	today := DayOf(now)
	var d Day
	var ok bool
	switch {
	case strings.Count(s, "-") == 2:
		p := strings.Split(s, "-")
		d, ok = day(p[0], p[1], p[2])
	case strings.Count(s, ".") == 2 || strings.Count(s, ".") == 1:
		p := strings.Split(s, ".")
		year := ""
		if len(p) == 3 {
			year = strings.TrimSpace(p[2])
		}
		bare := year == ""
		if bare {
			year = strconv.Itoa(today.Year)
		}
		if len(year) == 2 {
			year = "20" + year
		}
		d, ok = day(year, p[1], p[0])
		if ok && bare && d.Start().After(now) {
			d.Year--
		}
	}
	return d, ok && DayOf(d.Start()) == d
}

func day(year, month, dom string) (Day, bool) {
	var d Day
	for _, x := range []struct {
		s    string
		into *int
		most int
	}{{year, &d.Year, 9999}, {month, &d.Month, 12}, {dom, &d.Day, 31}} {
		n, err := strconv.Atoi(strings.TrimSpace(x.s))
		if err != nil || n < 1 || n > x.most {
			return d, false
		}
		*x.into = n
	}
	return d, d.Year >= 1970
}
