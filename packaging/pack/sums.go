package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/snugchat/snug/crypto/release"
)

// The two files of a release that say what the others must be.
const (
	listName      = "SHA256SUMS"
	signatureName = "SHA256SUMS.sig"
)

// writeSums writes the list over every file in dir, but for itself and its
// signature.
func writeSums(dir string, a about) error {
	releases, err := readReleases(a)
	if err != nil {
		return err
	}
	version, err := release.ParseVersion(a.Version)
	if err != nil {
		return err
	}
	list := release.List{Version: version, Date: releases[0].day}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || e.Name() == listName || e.Name() == signatureName {
			continue
		}
		sum, err := sumOf(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		list.Files = append(list.Files, release.File{Name: e.Name(), Sum: sum})
	}
	b, err := list.Bytes()
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, listName), b)
}

func sumOf(path string) (sum [sha256.Size]byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return sum, err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return sum, err
	}
	return [sha256.Size]byte(h.Sum(nil)), nil
}

// sign signs the list in dir.
func sign(keyFile, dir string) error {
	text, err := os.ReadFile(keyFile)
	if err != nil {
		return err
	}
	key, err := release.ParseSecretKey(text)
	if err != nil {
		return fmt.Errorf("read %s: %w", keyFile, err)
	}
	list, err := os.ReadFile(filepath.Join(dir, listName))
	if err != nil {
		return err
	}
	signature, err := key.Sign(list)
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, signatureName), signature)
}

// check says whether the list in dir is signed with one of the keys and every
// file in it is as it says.
func check(keys, dir string) error {
	text, err := os.ReadFile(keys)
	if err != nil {
		return err
	}
	public, err := release.ParseKeys(text)
	if err != nil {
		return fmt.Errorf("read %s: %w", keys, err)
	}
	list, err := os.ReadFile(filepath.Join(dir, listName))
	if err != nil {
		return err
	}
	signature, err := os.ReadFile(filepath.Join(dir, signatureName))
	if err != nil {
		return err
	}
	l, err := release.Open(list, signature, public)
	if err != nil {
		return err
	}
	var errs []error
	for _, f := range l.Files {
		sum, err := sumOf(filepath.Join(dir, f.Name))
		if err == nil && sum != f.Sum {
			err = fmt.Errorf("%s is not the file of the release", f.Name)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// newKey makes a key, writes its secret half to a file that must not be there
// yet, and prints the other half.
func newKey(path string, out io.Writer) (err error) {
	key, err := release.NewSecretKey()
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(key.PEM())
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	_, err = out.Write(key.Public().PEM())
	return err
}
