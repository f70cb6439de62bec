package state

import (
	"errors"
	"io/fs"
	"syscall"

	"github.com/snugchat/snug/crypto/password"
	"github.com/snugchat/snug/crypto/vault"
	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/paths"
	"github.com/snugchat/snug/storage/sqlite"
	"github.com/snugchat/snug/ui/text"
)

// say puts an error into words, with what the program and the person can do
// about it, and with the facts that the caller knows, such as the host's name. It
// is the only way from an error to the screen: the error's own text goes to the
// log and to nobody else (FEATURES J6).
func say(err error, f text.Facts) text.Sentence {
	if e, ok := errors.AsType[*client.CodeError](err); ok {
		f.Wait, f.Limit = e.After, e.Limit
		if !e.Until.IsZero() {
			f.When = e.Until
		}
		return text.For(problemOfCode(e.Code), f)
	}
	return text.For(problemOf(err), f)
}

// problemOf finds the entry of the catalogue for an error of this computer.
func problemOf(err error) text.Problem {
	if paths.IsReadOnly(err) {
		return text.ReadOnly
	}
	for _, e := range problems() {
		if errors.Is(err, e.err) {
			return e.problem
		}
	}
	return text.Unexpected
}

type problemFor struct {
	err     error
	problem text.Problem
}

// problems lists the errors that have an entry. The first that fits counts, so
// the special ones come before the system's.
func problems() []problemFor {
	return []problemFor{
		{setup.ErrHalfWiped, text.HalfWiped},
		{paths.ErrInUse, text.ProfileInUse},
		{vault.ErrWrongPassphrase, text.WrongPassphrase},
		{setup.ErrNeedPassphrase, text.WrongPassphrase},
		{vault.ErrNoKeyring, text.NoKeyring},
		{vault.ErrNoItem, text.KeyringLost},
		{vault.ErrKeyFile, text.VaultDamaged},
		{vault.ErrWrongKey, text.VaultDamaged},
		{vault.ErrDamaged, text.VaultDamaged},
		{setup.ErrVaultGone, text.VaultGone},
		{setup.ErrPlaces, text.DatabaseUnreadable},
		{setup.ErrTooManyPlaces, text.TooManyPlaces},
		{setup.ErrNoPort, text.NoPort},
		{setup.ErrJoined, text.JoinedAlready},
		{client.ErrWrongHost, text.Impostor},
		{client.ErrUnreachable, text.Unreachable},
		{client.ErrOffline, text.Offline},
		{client.ErrNoAnswer, text.NoAnswer},
		{client.ErrNoDirect, text.NoDirect},
		{client.ErrProtocol, text.NoAnswer},
		{client.ErrCopied, text.ProfileCopied},
		{client.ErrHostRestored, text.HostRestored},
		{client.ErrNotJoined, text.Offline},
		{client.ErrOutboxFull, text.OutboxFull},
		{client.ErrNoRoom, text.RoomGone},
		{client.ErrNotAllowed, text.NotAllowed},
		{client.ErrLastAdmin, text.LastAdmin},
		{client.ErrNoIdentity, text.NoIdentity},
		{client.ErrOtherKit, text.OtherKit},
		{client.ErrNewIdentity, text.OldKit},
		{client.ErrRoomName, text.NameRefused},
		{client.ErrNoDevice, text.NoDevice},
		{client.ErrDoubted, text.Doubted},
		{client.ErrNoComparison, text.Compared},
		{client.ErrManyComparisons, text.HostBusy},
		{client.ErrPairNo, text.PairNo},
		{client.ErrPairGone, text.PairGone},
		{client.ErrPairTime, text.PairTime},
		{client.ErrPairForged, text.PairForged},
		{setup.ErrNoHistory, text.NoOlder},
		{client.ErrOtherPlace, text.OlderPlace},
		{client.ErrOtherPerson, text.OlderPerson},
		{client.ErrOtherAccount, text.PairAccount},
		{wire.ErrInviteFile, text.BadInviteFile},
		{wire.ErrBadLink, text.BadLink},
		{wire.ErrNewerLink, text.NewerLink},
		{wire.ErrBadAddress, text.BadAddress},
		{client.ErrExportFormat, text.NoExport},
		{client.ErrExportNewer, text.DataFromNewer},
		{sqlite.ErrNewer, text.DataFromNewer},
		{sqlite.ErrWrongKey, text.DatabaseUnreadable},
		{sqlite.ErrDamaged, text.DatabaseUnreadable},
		{sqlite.ErrDiskFull, text.DiskFull},
		{sqlite.ErrReadOnly, text.ReadOnly},
		{sqlite.ErrOldSystem, text.OldSystem},
		{syscall.ENOSPC, text.DiskFull},
		{syscall.EDQUOT, text.DiskFull},
		{fs.ErrPermission, text.NoPermission},
	}
}

// problemOfCode finds the entry of the catalogue for a host's reason. Every code
// has one.
func problemOfCode(c wire.Code) text.Problem {
	switch c {
	case wire.CodeRefused:
		return text.WrongLogin
	case wire.CodeSlowDown:
		return text.TooManyTries
	case wire.CodeLinkUnknown, wire.CodeLinkRevoked:
		return text.LinkStopped
	case wire.CodeLinkUsed:
		return text.LinkUsed
	case wire.CodeLinkEnded:
		return text.LinkEnded
	case wire.CodeNeedLink:
		return text.NeedsLink
	case wire.CodeClosed:
		return text.PlaceClosed
	case wire.CodeBanned:
		return text.Banned
	case wire.CodeRemoved:
		return text.Removed
	case wire.CodeRejected:
		return text.TurnedAway
	case wire.CodeNameTaken:
		return text.NameTaken
	case wire.CodeNameBad:
		return text.NameRefused
	case wire.CodeTooOld:
		return text.HostNeedsNewer
	case wire.CodeTooNew:
		return text.HostIsOlder
	case wire.CodeNotAllowed:
		return text.NotAllowed
	case wire.CodeNotLoggedIn, wire.CodeSignedOut, wire.CodeNoAccount:
		return text.SignedOut
	case wire.CodeTooLong:
		return text.TextTooLong
	case wire.CodeNoRoom:
		return text.RoomGone
	case wire.CodeTooBig:
		return text.FileTooLarge
	case wire.CodeQuota:
		return text.QuotaFull
	case wire.CodeDiskFull:
		return text.HostDiskFull
	case wire.CodeNoBlob, wire.CodeFileGone:
		return text.FileGone
	case wire.CodeBusy:
		return text.HostBusy
	case wire.CodeTooSlow:
		return text.Unreachable
	case wire.CodeStopping:
		return text.HostStopping
	case wire.CodeElsewhere:
		return text.Elsewhere
	case wire.CodeCodeWrong:
		return text.WrongCode
	case wire.CodeLastOwner:
		return text.LastOwner
	case wire.CodeTooMany:
		return text.PlaceFull
	case wire.CodeWrongKey:
		return text.SignedOut
	case wire.CodeNoKit:
		return text.NoKit
	case wire.CodeConflict:
		return text.ProfileCopied
	case wire.CodeFailed:
		return text.HostFailed
	case wire.CodeOK, wire.CodeBadMessage, wire.CodeBadSignature, wire.CodeStale:
	}
	// What is left are faults of one of the two programs, about which a person
	// can do nothing.
	return text.Unexpected
}

// sayPassword says why a new password or passphrase will not do.
func sayPassword(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, password.ErrShort):
		return text.ProtectShort(password.MinLength)
	case errors.Is(err, password.ErrLong):
		return text.ProtectLong(password.MaxLength)
	case errors.Is(err, password.ErrSimple):
		return text.ProtectSimple()
	case errors.Is(err, password.ErrName):
		return text.ProtectNamed()
	case errors.Is(err, password.ErrText):
		return text.ProtectLetters()
	}
	return text.ProtectCommon()
}
