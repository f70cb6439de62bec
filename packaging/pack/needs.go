package main

import (
	"debug/elf"
	"fmt"
	"maps"
	"slices"
)

// needs lists the libraries that an executable is linked with, and the versions
// of their symbols, as rpm names them: "libX11.so.6()(64bit)" and
// "libc.so.6(GLIBC_2.34)(64bit)". Debian's tools find theirs by themselves.
func needs(path string) ([]string, error) {
	f, err := elf.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	defer f.Close()
	bits := ""
	if f.Class == elf.ELFCLASS64 {
		bits = "(64bit)"
	}
	set := make(map[string]bool)
	libraries, err := f.ImportedLibraries()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	for _, l := range libraries {
		set[l+"()"+bits] = true
	}
	symbols, err := f.ImportedSymbols()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	for _, s := range symbols {
		if s.Library != "" && s.Version != "" {
			set[s.Library+"("+s.Version+")"+bits] = true
		}
	}
	return slices.Sorted(maps.Keys(set)), nil
}
