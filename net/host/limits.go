package host

import "time"

// The bounds of a place. Each has its reason; a test or a load may lower or
// raise those of Limits.
const (
	// MaxAccounts is the largest number of accounts, those that were removed
	// included: the list of people is sent to each who comes in and must stay
	// well under a link's queue of 1 MiB (5,000 x 90 bytes).
	MaxAccounts = 5000

	// MaxWaiting is how many people may wait for a moderator at once, so that
	// strangers cannot fill the place's accounts.
	MaxWaiting = 200

	// MaxDevices is how many devices an account may have that are not signed out,
	// and MaxDevicesEver with those that are.
	MaxDevices     = 16
	MaxDevicesEver = 256

	// MaxInvites is how many invites a person may have out at once, and
	// MaxInvitesMade with those that are used or ended and not forgotten yet, so
	// that nobody can fill the MaxInvitesEver that a place keeps. Owners and the
	// host itself may make as many as they like, and have ownersInvites more when
	// all of these are taken: nobody can keep them from letting people in.
	MaxInvites     = 100
	MaxInvitesMade = 500
	MaxInvitesEver = 20_000
	ownersInvites  = 1000

	// MaxOffers is how many files a person may have on the host, or on the way to
	// it, that no message names. It takes 32 people to fill the 1,024 parts of
	// storage/blobs.
	MaxOffers = 32

	// MaxFiles is how many files a person may have on the host in all: small ones
	// cost an entry of a folder and a row that no quota of bytes counts.
	MaxFiles = 10_000

	// MaxFileLimit is the largest file that a place may allow (with its padding
	// of at most 12 % it stays under what net/transfer moves), and DefaultMaxFile
	// what it allows at first (FEATURES F5).
	MaxFileLimit   = 56 << 30
	DefaultMaxFile = 2 << 30

	// MaxLinks is how many connections may be open at once: two devices of each of
	// MaxAccounts people, and strangers (link.MaxStrangers). An idle one takes 16 KiB
	// and an open file.
	MaxLinks = 12_288

	// doorMessages is how many messages such a connection may send.
	doorMessages = 64
)

// The bounds of one-time codes that replace a password.
const (
	resetTime  = time.Hour
	resetTries = 5
)

// inviteTime is how long an invite is kept after its end, so that who comes by it
// hears why it does not work any more.
const inviteTime = 90 * 24 * time.Hour

// Limits are the rates of one device, and how much a place holds. A field that is
// zero means the number of DefaultLimits.
type Limits struct {
	Posts        float64 // messages stored a second
	PostBurst    float64 // messages stored at once
	Messages     float64 // messages of any kind a second but pieces of files; who sends more is cut off
	MessageBurst float64
	Requests     float64 // changes of people, invites and settings a second
	RequestBurst float64
	Entries      float64 // times a second that it comes in
	EntryBurst   float64
	Commits      float64 // changes of sealed rooms a second
	CommitBurst  float64
	Signals      float64 // signs of typing in sealed rooms a second; more are not passed on
	SignalBurst  float64
	Lookups      float64 // requests for key packages, or for the chain of a room, a second
	LookupBurst  float64
	Packages     float64 // key packages a second that one account takes of another; beyond it gets those of last resort
	PackageBurst float64
	Logins       float64       // log-ins a second from one address prefix before they are slowed
	LoginBurst   float64       // log-ins at once before they are slowed
	Quota        int64         // bytes of files that a person may have on the host
	BlobTime     time.Duration // how long a file stays that no message names
	DoorTime     time.Duration // how long a connection stays that nobody logs in on: time to type a name and a password
	ReturnTime   time.Duration // how long a room waits, after the place was restored from a backup, for what members can give back
	MailTime     time.Duration // how long a mail stays that its device does not fetch

	Rooms       int // rooms at once
	RoomsEver   int // with those that were deleted, whose ids stay taken
	OpenRooms   int // open rooms at once: each is in the list of everybody
	RoomMembers int // accounts in a sealed room
	RoomsOf     int // sealed rooms that an account is in
	RoomsADay   int // sealed rooms that an account makes in 24 hours
	GivenBack   int // rows that one device may put back into a place that was restored: all that a client keeps (clientdb.MaxRecent)
	Memberships int // of all accounts in all sealed rooms: 100 bytes of memory each
}

// DefaultLimits are the limits of a place (FEATURES L5: one who sends 1,000
// messages a second disturbs nobody).
func DefaultLimits() Limits {
	return Limits{
		Posts: 20, PostBurst: 60,
		Messages: 200, MessageBurst: 1000,
		Requests: 2, RequestBurst: 30,
		Entries: 0.5, EntryBurst: 30,
		Commits: 1, CommitBurst: 60,
		Signals: 2, SignalBurst: 20,
		Lookups: 5, LookupBurst: 600,
		Packages: 1.0 / 60, PackageBurst: 5,
		Logins: 0.5, LoginBurst: 20,
		Quota: 10 << 30, BlobTime: 7 * 24 * time.Hour,
		DoorTime: 2 * time.Minute, ReturnTime: 35 * time.Second, MailTime: 30 * 24 * time.Hour,
		Rooms: 10_000, RoomsEver: 100_000, OpenRooms: 500, RoomMembers: 2000, RoomsOf: 1000, RoomsADay: 50, Memberships: 500_000, GivenBack: 20_000,
	}
}

func (l Limits) orDefaults() Limits {
	d := DefaultLimits()
	for _, f := range []struct{ at, or *float64 }{
		{&l.Posts, &d.Posts},
		{&l.PostBurst, &d.PostBurst},
		{&l.Messages, &d.Messages},
		{&l.MessageBurst, &d.MessageBurst},
		{&l.Requests, &d.Requests},
		{&l.RequestBurst, &d.RequestBurst},
		{&l.Entries, &d.Entries},
		{&l.EntryBurst, &d.EntryBurst},
		{&l.Commits, &d.Commits},
		{&l.CommitBurst, &d.CommitBurst},
		{&l.Signals, &d.Signals},
		{&l.SignalBurst, &d.SignalBurst},
		{&l.Lookups, &d.Lookups},
		{&l.LookupBurst, &d.LookupBurst},
		{&l.Packages, &d.Packages},
		{&l.PackageBurst, &d.PackageBurst},
		{&l.Logins, &d.Logins},
		{&l.LoginBurst, &d.LoginBurst},
	} {
		if *f.at == 0 {
			*f.at = *f.or
		}
	}
	for _, f := range []struct{ at, or *int }{
		{&l.Rooms, &d.Rooms},
		{&l.RoomsEver, &d.RoomsEver},
		{&l.OpenRooms, &d.OpenRooms},
		{&l.RoomMembers, &d.RoomMembers},
		{&l.RoomsOf, &d.RoomsOf},
		{&l.RoomsADay, &d.RoomsADay},
		{&l.Memberships, &d.Memberships},
		{&l.GivenBack, &d.GivenBack},
	} {
		if *f.at == 0 {
			*f.at = *f.or
		}
	}
	if l.MailTime == 0 {
		l.MailTime = d.MailTime
	}
	if l.ReturnTime == 0 {
		l.ReturnTime = d.ReturnTime
	}
	if l.Quota == 0 {
		l.Quota = d.Quota
	}
	if l.BlobTime == 0 {
		l.BlobTime = d.BlobTime
	}
	if l.DoorTime == 0 {
		l.DoorTime = d.DoorTime
	}
	return l
}

// bucket is a token bucket: pure, times are arguments. Its zero value is full at
// its first use.
type bucket struct {
	tokens float64
	at     time.Time
}

// take takes one token of a bucket that gains rate a second up to burst. If there
// is none it takes nothing and returns how long to wait for one.
func (b *bucket) take(now time.Time, rate, burst float64) (wait time.Duration) {
	b.fill(now, rate, burst)
	if b.tokens >= 1 {
		b.tokens--
		return 0
	}
	return time.Duration((1 - b.tokens) / rate * float64(time.Second))
}

// reserve takes one token, also one that is only there in the future, and
// returns how long to wait until it is. It goes no further than most into debt.
func (b *bucket) reserve(now time.Time, rate, burst float64, most time.Duration) (wait time.Duration) {
	b.fill(now, rate, burst)
	b.tokens = max(b.tokens-1, -most.Seconds()*rate)
	if b.tokens >= 0 {
		return 0
	}
	return time.Duration(-b.tokens / rate * float64(time.Second))
}

func (b *bucket) fill(now time.Time, rate, burst float64) {
	if b.at.IsZero() {
		b.tokens = burst
	} else if d := now.Sub(b.at); d > 0 {
		b.tokens = min(burst, b.tokens+d.Seconds()*rate)
	}
	b.at = now
}

// full reports whether the bucket tells nothing that a new one would not.
func (b *bucket) full(now time.Time, rate, burst float64) bool {
	b.fill(now, rate, burst)
	return b.tokens >= burst
}
