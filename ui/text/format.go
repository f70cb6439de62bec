package text

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Clock is the time of day: "15:04".
func Clock(t time.Time) string { return t.Format("15:04") }

// days counts calendar days from t to now, in now's zone.
func days(t, now time.Time) int {
	y, m, d := now.Date()
	to := time.Date(y, m, d, 12, 0, 0, 0, time.UTC)
	y, m, d = t.In(now.Location()).Date()
	from := time.Date(y, m, d, 12, 0, 0, 0, time.UTC)
	return int(to.Sub(from).Hours() / 24)
}

// Day names a calendar day for a day line: "Today", "Yesterday", "Monday, 2
// January", and with the year when it is another one.
func Day(t, now time.Time) string {
	t = t.In(now.Location())
	switch days(t, now) {
	case 0:
		return TimeToday()
	case 1:
		return TimeYesterday()
	}
	if t.Year() != now.Year() {
		return t.Format("2 January 2006")
	}
	return t.Format("Monday, 2 January")
}

// Short is a time for a narrow place such as a room row: "15:04" today, "Sat"
// within the last six days, "2 Jan", "2 Jan 2006".
func Short(t, now time.Time) string {
	t = t.In(now.Location())
	switch n := days(t, now); {
	case n == 0:
		return Clock(t)
	case n > 0 && n < 7:
		return t.Format("Mon")
	case t.Year() == now.Year():
		return t.Format("2 Jan")
	}
	return t.Format("2 Jan 2006")
}

// Since is a moment after "since": "14:02", "Tuesday at 14:02", "2 January at
// 14:02", and with the year when it is another one.
func Since(t, now time.Time) string {
	t = t.In(now.Location())
	switch n := days(t, now); {
	case n == 0:
		return Clock(t)
	case n > 0 && n < 7:
		return TimeDayAt(t.Format("Monday"), Clock(t))
	case t.Year() == now.Year():
		return TimeDayAt(t.Format("2 January"), Clock(t))
	}
	return TimeDayAt(t.Format("2 January 2006"), Clock(t))
}

// When is a moment in running text: "at 15:04", "Yesterday at 15:04", "on
// Friday", "on 2 January".
func When(t, now time.Time) string {
	t = t.In(now.Location())
	switch n := days(t, now); {
	case n == 0:
		return TimeAt(Clock(t))
	case n == 1:
		return TimeYesterdayAt(Clock(t))
	case n > -7 && n < 7:
		return TimeOn(t.Format("Monday"))
	case t.Year() == now.Year():
		return TimeOn(t.Format("2 January"))
	}
	return TimeOn(t.Format("2 January 2006"))
}

// Moment is a day and a time within a sentence: "today at 15:04", "yesterday at
// 15:04", "2 January at 15:04".
func Moment(t, now time.Time) string {
	t = t.In(now.Location())
	switch days(t, now) {
	case 0:
		return TimeTodayAt(Clock(t))
	case 1:
		return TimeYesterdayAt(Clock(t))
	}
	if t.Year() == now.Year() {
		return TimeDayAt(t.Format("2 January"), Clock(t))
	}
	return TimeDayAt(t.Format("2 January 2006"), Clock(t))
}

// Length says how long a recording lasts, as players do: "3:07", "1:02:30".
func Length(d time.Duration) string {
	s := max(1, int(d.Round(time.Second)/time.Second))
	if s < 3600 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

// Size is a number of bytes as file managers of today write it, in powers of
// 1000: "418 KB", "1.4 GB".
func Size(n int64) string {
	return scaled(n, 1000, []string{"B", "KB", "MB", "GB", "TB", "PB", "EB"})
}

// Limit is a number of bytes that somebody set, in powers of 1024: "2 GiB".
func Limit(n int64) string {
	return scaled(n, 1024, []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"})
}

func scaled(n, base int64, units []string) string {
	if n < 0 {
		n = 0
	}
	v, i := float64(n), 0
	for v >= float64(base) && i < len(units)-1 {
		v /= float64(base)
		i++
	}
	if i > 0 && math.Round(v) >= float64(base) && i < len(units)-1 { // 999.6 KB is 1 MB
		v /= float64(base)
		i++
	}
	if i == 0 || v >= 9.95 {
		return strconv.FormatFloat(math.Round(v), 'f', 0, 64) + " " + units[i]
	}
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0") + " " + units[i]
}

// Number is a whole number with commas, as people read large ones.
func Number(n int64) string {
	if n < 0 {
		return "-" + Number(-n)
	}
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Rate is a speed: "12 MB/s".
func Rate(bytesPerSecond float64) string {
	if bytesPerSecond > math.MaxInt64/2 || math.IsNaN(bytesPerSecond) {
		bytesPerSecond = 0
	}
	return UnitRate(Size(int64(bytesPerSecond)))
}

// Duration is a length of time, rounded up to what a person waits for: "1 s",
// "40 s", "5 min", "1 h 20 min", "3 days".
func Duration(d time.Duration) string {
	s := int(math.Ceil(d.Seconds()))
	switch {
	case s < 1:
		return TimeSeconds(1)
	case s < 60:
		return TimeSeconds(s)
	case s < 3600:
		return TimeMinutes((s + 59) / 60)
	case s < 48*3600:
		m := (s + 59) / 60
		if m%60 == 0 {
			return TimeHours(m / 60)
		}
		return TimeHoursMinutes(m/60, m%60)
	}
	return TimeDays((s + 12*3600) / (24 * 3600))
}

// Progress is the line under a moving file: "12 MB/s, 40 s left". A speed of
// nothing answers FileWaiting.
func Progress(bytesPerSecond float64, left time.Duration) string {
	if bytesPerSecond < 1 || left < 0 {
		return FileWaiting()
	}
	return FileProgress(Rate(bytesPerSecond), Duration(left))
}

// Typing names who is writing: up to three, then "Several people". No name
// answers "".
func Typing(names []string) string {
	switch len(names) {
	case 0:
		return ""
	case 1:
		return ChatTypingOne(names[0])
	case 2:
		return ChatTypingTwo(names[0], names[1])
	case 3:
		return ChatTypingThree(names[0], names[1], names[2])
	}
	return ChatTypingMany()
}
