package wire

// Code is a reason that one side gives the other. People read the sentence that
// ui/text has for it. The numbers are for ever: append only.
type Code uint16

// The codes.
const (
	CodeOK           Code = 0  // nothing is wrong
	CodeRefused      Code = 1  // wrong name or password; the same for both
	CodeSlowDown     Code = 2  // too many tries or messages; After says how long to wait
	CodeLinkUnknown  Code = 3  // no such invite
	CodeLinkUsed     Code = 4  // the invite has no uses left
	CodeLinkEnded    Code = 5  // the invite has expired
	CodeLinkRevoked  Code = 6  // its maker or a moderator stopped the invite
	CodeNeedLink     Code = 7  // the place takes people with an invite only
	CodeClosed       Code = 8  // the place takes nobody new
	CodeBanned       Code = 9  // the account is kept out
	CodeRemoved      Code = 10 // the account was taken out of the place
	CodeRejected     Code = 11 // a moderator did not let the newcomer in
	CodeNameTaken    Code = 12 // another one looks like this name
	CodeNameBad      Code = 13 // not a name
	CodeTooOld       Code = 14 // the peer's protocol is too old; it needs a newer Snug
	CodeTooNew       Code = 15 // the peer's protocol is too new for this one
	CodeNotAllowed   Code = 16 // the role does not permit it
	CodeNotLoggedIn  Code = 17 // this connection is nobody's yet
	CodeBadMessage   Code = 18 // malformed
	CodeBadSignature Code = 19 // not by the key that it must be by
	CodeConflict     Code = 20 // another message has this counter
	CodeStale        Code = 21 // a commit lies after what the sender had seen
	CodeTooLong      Code = 22 // text or name over its limit
	CodeNoRoom       Code = 23 // no such room, or one may not see it
	CodeTooBig       Code = 24 // file over the limit of the place
	CodeQuota        Code = 25 // the person's files fill their share
	CodeDiskFull     Code = 26 // the host has no room on its disk
	CodeNoBlob       Code = 27 // the host does not have this file
	CodeBusy         Code = 28 // too much at once; try again
	CodeFailed       Code = 29 // something broke on the other side; its log has more
	CodeTooSlow      Code = 30 // the peer did not read and was cut off
	CodeStopping     Code = 31 // the host is being switched off
	CodeSignedOut    Code = 32 // this device was signed out
	CodeElsewhere    Code = 33 // the same device connected again
	CodeCodeWrong    Code = 34 // the one-time code is wrong or has ended
	CodeNoAccount    Code = 35 // no such account
	CodeLastOwner    Code = 36 // the last owner cannot be removed or demoted
	CodeTooMany      Code = 37 // a limit of the place is reached: accounts, invites, devices
	CodeWrongKey     Code = 38 // an identity or certificate does not fit the account
	CodeFileGone     Code = 39 // the sender took the file away while it was sent
	CodeNoKit        Code = 40 // the host has no recovery kit of this code, or no account of this identity
)
