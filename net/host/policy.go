package host

import "github.com/snugchat/snug/storage/chat"

// action is something that a person may or may not do.
type action uint8

const (
	actPost        action = iota + 1 // write in an open room
	actUpload                        // offer a file
	actInvite                        // make an invite; the subject is the role that it gives
	actSeeInvites                    // see and end the invites of others
	actSeeWaiting                    // see who waits, and who is banned until when
	actApprove                       // let a waiting person in, or not
	actRemove                        // take out of the place
	actBan                           // keep out, and let in again
	actSetRole                       // the subject is the role of before, and then the one of after
	actReset                         // give out a one-time code instead of a password
	actChangePlace                   // name, mode, largest file
	actModerate                      // delete what others wrote in an open room
	actOpenRoom                      // make, rename and delete open rooms
	actSealRoom                      // make sealed rooms and write to somebody directly
)

// console is the role of the host itself: of whoever has its computer. No
// account has it.
const console chat.Role = 255

// policy is the one place that says who may do what: it reports whether actor
// may do act to somebody or something of the role subject (0 if there is none).
// A larger role may do all that a smaller one may, and nobody acts on an equal
// or higher one, but for owners, who may act on each other. That the last owner
// stays is for the caller to see to, since it takes counting.
func policy(actor chat.Role, act action, subject chat.Role) bool {
	if actor == console {
		return true
	}
	if !actor.Valid() {
		return false
	}
	switch act {
	case actPost:
		return actor >= chat.Guest
	case actUpload, actSealRoom:
		return actor >= chat.Member
	case actInvite:
		// Members bring members; a role above that only from above it.
		return actor >= chat.Member && (subject <= chat.Member || below(actor, subject))
	case actSeeInvites, actSeeWaiting, actModerate, actOpenRoom:
		return actor >= chat.Moderator
	case actApprove, actRemove, actBan:
		return actor >= chat.Moderator && below(actor, subject)
	case actSetRole, actReset:
		return actor >= chat.Admin && below(actor, subject)
	case actChangePlace:
		return actor >= chat.Admin
	}
	return false
}

// below reports whether subject is below actor, owners being below each other.
func below(actor, subject chat.Role) bool {
	return subject < actor || actor == chat.Owner
}
