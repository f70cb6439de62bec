package text

import (
	"fmt"
	"time"
)

// Action is something that a person can do about a problem: what the button
// means and its words. What it does is the screen's business.
type Action struct {
	ID    ActionID
	Label string
}

// ActionID tells a screen which button was pressed.
type ActionID int

// The actions that the sentences of this program offer.
const (
	Retry ActionID = iota + 1
	OtherWays
	Settings
	Update
	NewLink
	ChooseFile
	FreeSpace
	Login
)

// Sentence is what a person reads about a problem: what happened, what the
// program does about it or what the person can do, up to two buttons, and the
// code that stands in Details.
type Sentence struct {
	Code    string // "SN-104"
	What    string
	Do      string // "" when there is nothing to add
	Actions []Action
}

// String is both parts in one line.
func (s Sentence) String() string {
	if s.Do == "" {
		return s.What
	}
	return s.What + " " + s.Do
}

// Facts are the particulars that a sentence may name. A sentence leaves out
// what is not set.
type Facts struct {
	Name              string // a person, mostly the host
	Place             string
	By, Reason        string // who banned or removed this person, and why as they wrote it
	When              time.Time
	Now               time.Time // for "on Friday"; the zero time means that When is not said
	Wait              time.Duration
	Size, Limit, Free int64
	Have, Need        string // versions
}

// Problem is one entry of the catalogue. The numbers are shown as SN-101 and
// are never given to another problem.
type Problem int

// Problems with a link or with getting in.
const (
	LinkUsed Problem = iota + 101
	LinkEnded
	LinkStopped
	Unreachable
	Impostor
	WrongLogin
	TooManyTries
	HostNeedsNewer
	HostIsOlder
	PlaceClosed
	NeedsLink
	TurnedAway
	Banned
	Removed
	PlaceFull
	NameTaken
	WrongCode
	SignedOut
	WrongClock
	NameRefused
	BadLink
	NewerLink
	BadAddress
	JoinedAlready
	WrongPassword
	NoKit
	OtherKit
	OldKit
	BadInviteFile
)

// Problems inside a place.
const (
	NotAllowed Problem = iota + 201
	TooFast
	TextTooLong
	Rewritten
	RoomGone
	Offline
	NoAnswer
	HostBusy
	HostStopping
	HostFailed
	LastOwner
	ProfileCopied
	Elsewhere
	HostRestored
	LastAdmin
	NoDevice
	NoIdentity
	Doubted
	Compared
	OutboxFull
	NoDirect
)

// Problems with files.
const (
	FileTooLarge Problem = iota + 301
	FileDamaged
	FileChanged
	FileMissing
	FileUnreadable
	FolderUnwritable
	FileGone
	FolderNotFile
	QuotaFull
)

// Problems of this computer or the host's.
const (
	DiskFull Problem = iota + 401
	HostDiskFull
	DatabaseUnreadable
	DataFromNewer
	ProfileInUse
	NoPort
	WrongPassphrase
	NoKeyring
	KeyringLost
	VaultDamaged
	VaultGone
	TooManyPlaces
	NoPermission
	OldSystem
	NoExport
	ReadOnly
	NoOlder
	OlderPlace
	OlderPerson
	HalfWiped
)

// Problems with adding another computer.
const (
	PairNo Problem = iota + 601
	PairGone
	PairTime
	PairForged
	PairAccount
)

// Unexpected is the answer to everything that has no entry of its own.
const Unexpected Problem = 500

// Problems lists all entries, for the test that each has its words.
func Problems() []Problem {
	var all []Problem
	for _, r := range [][2]Problem{{LinkUsed, BadInviteFile}, {NotAllowed, NoDirect}, {FileTooLarge, QuotaFull}, {DiskFull, HalfWiped}, {Unexpected, Unexpected}, {PairNo, PairAccount}} {
		for p := r[0]; p <= r[1]; p++ {
			all = append(all, p)
		}
	}
	return all
}

func action(ids ...ActionID) []Action {
	var out []Action
	for _, id := range ids {
		out = append(out, Action{ID: id, Label: id.label()})
	}
	return out
}

func (id ActionID) label() string {
	switch id {
	case Retry:
		return ActionRetry()
	case OtherWays:
		return ActionOtherWays()
	case Settings:
		return ActionSettings()
	case Update:
		return ActionUpdate()
	case NewLink:
		return ActionNewLink()
	case ChooseFile:
		return ActionChooseFile()
	case FreeSpace:
		return ActionFreeSpace()
	case Login:
		return ActionLogin()
	}
	return ""
}

// For says a problem in words. A number that is not in the catalogue is said as
// Unexpected, with its own code, so that no raw error ever reaches a label.
func For(p Problem, f Facts) Sentence {
	s := p.words(f)
	s.Code = fmt.Sprintf("SN-%d", int(p))
	return s
}

func (p Problem) words(f Facts) Sentence {
	askForLink := ProblemLinkAsk()
	if f.Name != "" {
		askForLink = ProblemLinkUsedDo(f.Name)
	}
	said := func(what, do string, ids ...ActionID) Sentence {
		return Sentence{What: what, Do: do, Actions: action(ids...)}
	}
	switch p {
	case LinkUsed:
		return said(ProblemLinkUsed(), askForLink, NewLink)
	case LinkEnded:
		if f.When.IsZero() || f.Now.IsZero() {
			return said(ProblemLinkStopped(), askForLink, NewLink)
		}
		return said(ProblemLinkEnded(When(f.When, f.Now)), askForLink, NewLink)
	case LinkStopped:
		return said(ProblemLinkStopped(), askForLink, NewLink)
	case Unreachable:
		return said(ProblemReach(), ProblemReachDo(), OtherWays)
	case Impostor:
		return said(ProblemImpostor(), ProblemImpostorDo())
	case WrongLogin:
		return said(ProblemLogin(), ProblemLoginDo())
	case TooManyTries:
		return said(ProblemMany(), ProblemManyDo(Duration(f.Wait)))
	case HostNeedsNewer:
		return said(ProblemOlder(f.Have, f.Need), "", Update)
	case HostIsOlder:
		return said(ProblemOlderHost(), ProblemOlderHostDo())
	case PlaceClosed:
		return said(ProblemClosed(), ProblemClosedDo())
	case NeedsLink:
		return said(ProblemNeedsLink(), ProblemClosedDo(), NewLink)
	case TurnedAway:
		return said(ProblemTurnedAway(), "")
	case Banned, Removed:
		return said(outside(p, f))
	case PlaceFull:
		return said(ProblemFull(), ProblemFullDo())
	case NameTaken:
		return said(ProblemTaken(), ProblemTakenDo())
	case WrongCode:
		return said(ProblemCode(), ProblemCodeDo())
	case NoIdentity:
		return said(ProblemIdentity(), ProblemIdentityDo())
	case NoKit:
		return said(ProblemKit(), ProblemKitDo())
	case OtherKit:
		return said(ProblemKitOther(), ProblemKitOtherDo())
	case OldKit:
		return said(ProblemKitOld(), ProblemKitOldDo())
	case SignedOut:
		return said(ProblemDevice(), ProblemDeviceDo(), Login)
	case WrongClock:
		return said(ProblemClock(), ProblemClockDo(), Retry)
	case NotAllowed:
		return said(ProblemRights(), ProblemRightsDo())
	case TooFast:
		return said(ProblemFast(), ProblemFastDo(Duration(f.Wait)))
	case TextTooLong:
		return said(ProblemTextLong(), ProblemTextLongDo())
	case Rewritten:
		return said(ProblemRewritten(), ProblemRewrittenDo())
	}
	return p.fileWords(f)
}

func (p Problem) fileWords(f Facts) Sentence {
	said := func(what, do string, ids ...ActionID) Sentence {
		return Sentence{What: what, Do: do, Actions: action(ids...)}
	}
	switch p {
	case FileTooLarge:
		return said(ProblemFileLarge(Size(f.Size), Limit(f.Limit)), "", ChooseFile)
	case FileDamaged:
		return said(ProblemFileDamaged(), "")
	case FileChanged:
		return said(ProblemFileChanged(), ProblemFileChangedDo(), Retry)
	case FileMissing:
		return said(ProblemFileMissing(), ProblemFileMissingDo(), ChooseFile)
	case FileUnreadable:
		return said(ProblemFileRead(), ProblemFileReadDo(), ChooseFile)
	case FolderUnwritable:
		return said(ProblemFileWrite(), ProblemFileWriteDo(), Retry)
	case FileGone:
		if f.Name != "" {
			return said(FileGoneBy(f.Name), "")
		}
		return said(ProblemFileGone(), ProblemFileGoneDo())
	case FolderNotFile:
		return said(ProblemFileFolder(), ProblemFileFolderDo())
	case DiskFull:
		if f.Free <= 0 {
			return said(ProblemDiskFullPlain(), ProblemDiskFullDo(), FreeSpace)
		}
		return said(ProblemDiskFull(Size(f.Free)), ProblemDiskFullDo(), FreeSpace)
	case ReadOnly:
		return said(ProblemDiskReadonly(), ProblemDiskReadonlyDo(), Retry)
	case HostDiskFull:
		return said(ProblemDiskHost(), ProblemDiskHostDo())
	case DatabaseUnreadable:
		return said(ProblemDatabase(), ProblemDatabaseDo(), Retry)
	case DataFromNewer:
		return said(ProblemNewerData(), ProblemNewerDataDo(), Update)
	case ProfileInUse:
		return said(ProblemInUse(), ProblemInUseDo())
	case NoPort:
		return said(ProblemPort(), ProblemPortDo(), Retry)
	}
	return p.otherWords(f)
}

func (p Problem) otherWords(f Facts) Sentence {
	said := func(what, do string, ids ...ActionID) Sentence {
		return Sentence{What: what, Do: do, Actions: action(ids...)}
	}
	switch p {
	case NameRefused:
		return said(ProblemName(), ProblemNameDo())
	case BadLink:
		return said(ProblemBadLink(), ProblemBadLinkDo(), NewLink)
	case BadInviteFile:
		return said(ProblemInviteFile(), ProblemInviteFileDo())
	case NewerLink:
		return said(ProblemNewerLink(), ProblemNewerLinkDo())
	case BadAddress:
		return said(ProblemBadAddress(), ProblemBadAddressDo())
	case JoinedAlready:
		return said(ProblemJoined(), ProblemJoinedDo())
	case WrongPassword:
		return said(ProblemPassword(), "")
	case RoomGone:
		return said(ProblemRoom(), "")
	case Offline:
		return said(ProblemOffline(), ProblemOfflineDo())
	case NoAnswer:
		return said(ProblemAnswer(), ProblemAnswerDo(), Retry)
	case NoDirect:
		return said(ProblemDirect(), ProblemDirectDo(), Retry)
	case HostBusy:
		return said(ProblemBusy(), ProblemBusyDo(), Retry)
	case HostStopping:
		return said(ProblemStopping(), ProblemStoppingDo())
	case HostFailed:
		return said(ProblemHost(), ProblemHostDo(), Retry)
	case LastAdmin:
		return said(ProblemLastAdmin(), ProblemLastAdminDo())
	case Doubted:
		return said(ProblemDoubted(), ProblemDoubtedDo())
	case Compared:
		return said(ProblemCompared(), ProblemComparedDo())
	case NoDevice:
		return said(ProblemNoDevice(), ProblemNoDeviceDo())
	case OutboxFull:
		return said(ProblemOutbox(), ProblemOutboxDo())
	case LastOwner:
		return said(ProblemLastOwner(), ProblemLastOwnerDo())
	case ProfileCopied:
		return said(ProblemCopied(), ProblemCopiedDo(), Login)
	case Elsewhere:
		return said(ProblemElsewhere(), ProblemElsewhereDo())
	case HostRestored:
		return said(ProblemRestored(), ProblemRestoredDo(), Retry)
	case QuotaFull:
		if f.Limit > 0 {
			return said(ProblemQuotaLimit(Limit(f.Limit)), ProblemQuotaDo())
		}
		return said(ProblemQuota(), ProblemQuotaDo())
	case WrongPassphrase:
		return said(UnlockWrong(), UnlockForgot())
	case NoKeyring:
		return said(ProblemKeyring(), ProblemKeyringDo(), Retry)
	case KeyringLost:
		return said(ProblemKeyringLost(), ProblemKeyringLostDo(), Retry)
	case VaultDamaged:
		return said(ProblemVault(), ProblemVaultDo())
	case VaultGone:
		return said(ProblemVaultGone(), ProblemVaultDo())
	case TooManyPlaces:
		return said(ProblemPlaces(), ProblemPlacesDo())
	case NoPermission:
		return said(ProblemPermission(), ProblemPermissionDo(), Retry)
	case OldSystem:
		return said(ProblemSystem(), ProblemSystemDo())
	case HalfWiped:
		return said(ProblemHalfWiped(), ProblemHalfWipedDo())
	case NoExport:
		return said(ProblemExport(), ProblemExportDo())
	case PairNo:
		return said(ProblemPairNo(), ProblemPairNoDo())
	case PairGone:
		return said(ProblemPairGone(), ProblemPairGoneDo())
	case PairTime:
		return said(ProblemPairTime(), ProblemPairTimeDo())
	case PairForged:
		return said(ProblemPairForged(), ProblemPairForgedDo())
	case NoOlder:
		return said(ProblemOlderNone(), ProblemOlderNoneDo())
	case OlderPlace:
		return said(ProblemOlderPlace(), ProblemOlderPlaceDo())
	case OlderPerson:
		return said(ProblemOlderPerson(), ProblemOlderPersonDo())
	case PairAccount:
		return said(ProblemPairAccount(), ProblemPairAccountDo())
	}
	return said(ProblemUnexpected(), ProblemUnexpectedDo(), Retry)
}

// outside says to somebody who was banned or removed by whom, why and until
// when, as far as that is known.
func outside(p Problem, f Facts) (what, do string) {
	until := !f.When.IsZero() && !f.Now.IsZero()
	switch {
	case p == Removed && f.By != "" && f.Place != "":
		what = AdminYouRemoved(f.By, f.Place)
	case p == Removed:
		what = ProblemRemoved()
	case until && f.By != "":
		what = ProblemBannedByUntil(f.By, moment(f.When, f.Now))
	case until:
		what = ProblemBannedUntil(moment(f.When, f.Now))
	case f.By != "":
		what = ProblemBannedBy(f.By)
	default:
		what = ProblemBanned()
	}
	do = ProblemRemovedDo()
	if f.Reason != "" {
		do = AdminYouReason(f.Reason) + "\n" + do
	}
	return what, do
}

// moment is a time after "until": "15:04", "Friday", "2 January".
func moment(t, now time.Time) string {
	t = t.In(now.Location())
	switch n := days(now, t); {
	case n == 0:
		return Clock(t)
	case n > 0 && n < 7:
		return TimeDayAt(t.Format("Monday"), Clock(t))
	case t.Year() == now.Year():
		return t.Format("2 January")
	}
	return t.Format("2 January 2006")
}

// Until is the end of a ban or of a link in running text after "until".
func Until(t, now time.Time) string { return moment(t, now) }
