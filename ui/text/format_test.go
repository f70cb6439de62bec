package text

import (
	"testing"
	"time"
)

func TestTimes(t *testing.T) {
	zone := time.FixedZone("x", 3600)
	now := time.Date(2026, 11, 23, 0, 30, 0, 0, zone)
	at := func(y int, m time.Month, d, h, min int) time.Time { return time.Date(y, m, d, h, min, 0, 0, zone) }
	for what, c := range map[string]struct {
		t                       time.Time
		day, short, when, since string
	}{
		"just now":              {now, "Today", "00:30", "at 00:30", "00:30"},
		"the same day in UTC":   {time.Date(2026, 11, 22, 23, 20, 0, 0, time.UTC), "Today", "00:20", "at 00:20", "00:20"},
		"one hour ago":          {at(2026, 11, 22, 23, 30), "Yesterday", "Sun", "yesterday at 23:30", "Sunday at 23:30"},
		"three days ago":        {at(2026, 11, 20, 9, 0), "Friday, 20 November", "Fri", "on Friday", "Friday at 09:00"},
		"a week ago":            {at(2026, 11, 16, 9, 0), "Monday, 16 November", "16 Nov", "on 16 November", "16 November at 09:00"},
		"last year":             {at(2025, 12, 31, 9, 0), "31 December 2025", "31 Dec 2025", "on 31 December 2025", "31 December 2025 at 09:00"},
		"in three days":         {at(2026, 11, 26, 9, 0), "Thursday, 26 November", "26 Nov", "on Thursday", "26 November at 09:00"},
		"a summer with an hour": {at(2026, 7, 2, 0, 10), "Thursday, 2 July", "2 Jul", "on 2 July", "2 July at 00:10"},
	} {
		if got := Day(c.t, now); got != c.day {
			t.Errorf("%s: day: got %q, want %q", what, got, c.day)
		}
		if got := Short(c.t, now); got != c.short {
			t.Errorf("%s: short: got %q, want %q", what, got, c.short)
		}
		if got := When(c.t, now); got != c.when {
			t.Errorf("%s: when: got %q, want %q", what, got, c.when)
		}
		if got := Since(c.t, now); got != c.since {
			t.Errorf("%s: since: got %q, want %q", what, got, c.since)
		}
	}
}

func TestSizes(t *testing.T) {
	for n, want := range map[int64]string{
		-5: "0 B", 0: "0 B", 1: "1 B", 999: "999 B", 1000: "1 KB", 1450: "1.4 KB", 418_000: "418 KB", 999_499: "999 KB", 999_600: "1 MB",
		12_000_000: "12 MB", 1_400_000_000: "1.4 GB", 9_960_000_000: "10 GB", 1 << 62: "4.6 EB",
	} {
		if got := Size(n); got != want {
			t.Errorf("Size(%d): got %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int64]string{2 << 30: "2 GiB", 16 << 10: "16 KiB", 1536: "1.5 KiB", 1<<30 - 1: "1 GiB"} {
		if got := Limit(n); got != want {
			t.Errorf("Limit(%d): got %q, want %q", n, got, want)
		}
	}
}

func TestDurations(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "1 s", 0: "1 s", 300 * time.Millisecond: "1 s", 40 * time.Second: "40 s", 59500 * time.Millisecond: "1 min",
		61 * time.Second: "2 min", 3599 * time.Second: "60 min", time.Hour: "1 h", 80 * time.Minute: "1 h 20 min", 71 * time.Hour: "3 days", 10 * 24 * time.Hour: "10 days",
	} {
		if got := Duration(d); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
	if got, want := Progress(12_000_000, 40*time.Second), "12 MB/s, 40 s left"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := Progress(0, time.Hour), "Waiting..."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FEATURES D9: names up to three, then "several people".
func TestTyping(t *testing.T) {
	for _, c := range []struct {
		names []string
		want  string
	}{
		{nil, ""},
		{[]string{"Ana"}, "Ana is typing"},
		{[]string{"Ana", "Ben"}, "Ana and Ben are typing"},
		{[]string{"Ana", "Ben", "Cleo"}, "Ana, Ben and Cleo are typing"},
		{[]string{"Ana", "Ben", "Cleo", "Dan"}, "Several people are typing"},
	} {
		if got := Typing(c.names); got != c.want {
			t.Errorf("%v: got %q, want %q", c.names, got, c.want)
		}
	}
}

func TestNumber(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 48_210: "48,210", 123_456_789: "123,456,789", -1234: "-1,234"} {
		if got := Number(n); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
}
