// Code generated from en.json by go generate. DO NOT EDIT.

package text

// ActionChooseFile is "Choose a file".
func ActionChooseFile() string { return fill("action.choose.file") }

// ActionFreeSpace is "Show files".
func ActionFreeSpace() string { return fill("action.free.space") }

// ActionLogin is "Log in".
func ActionLogin() string { return fill("action.login") }

// ActionNewLink is "Paste another link".
func ActionNewLink() string { return fill("action.new.link") }

// ActionOtherWays is "Try other ways".
func ActionOtherWays() string { return fill("action.other.ways") }

// ActionRetry is "Try again".
func ActionRetry() string { return fill("action.retry") }

// ActionSettings is "Open Settings".
func ActionSettings() string { return fill("action.settings") }

// ActionUpdate is "Update".
func ActionUpdate() string { return fill("action.update") }

// AdminBan is "Ban...".
func AdminBan() string { return fill("admin.ban") }

// AdminBanAction is "Ban {name}".
func AdminBanAction(name string) string { return fill("admin.ban.action", "name", name) }

// AdminBanAsk is "Ban {name}?".
func AdminBanAsk(name string) string { return fill("admin.ban.ask", "name", name) }

// AdminBanDay is "1 day".
func AdminBanDay() string { return fill("admin.ban.day") }

// AdminBanFor is "For".
func AdminBanFor() string { return fill("admin.ban.for") }

// AdminBanForever is "banned for good".
func AdminBanForever() string { return fill("admin.ban.forever") }

// AdminBanGood is "For good".
func AdminBanGood() string { return fill("admin.ban.good") }

// AdminBanHour is "1 hour".
func AdminBanHour() string { return fill("admin.ban.hour") }

// AdminBanLift is "Lift the ban".
func AdminBanLift() string { return fill("admin.ban.lift") }

// AdminBanUntil is "banned until {when}".
func AdminBanUntil(when string) string { return fill("admin.ban.until", "when", when) }

// AdminModerator is "Make moderator".
func AdminModerator() string { return fill("admin.moderator") }

// AdminModeratorNot is "Take moderator away".
func AdminModeratorNot() string { return fill("admin.moderator.not") }

// AdminRemove is "Remove from the place".
func AdminRemove() string { return fill("admin.remove") }

// AdminRemoveAsk is "Remove {name}?".
func AdminRemoveAsk(name string) string { return fill("admin.remove.ask", "name", name) }

// AdminRemoveDone is "{name} is out.".
func AdminRemoveDone(name string) string { return fill("admin.remove.done", "name", name) }

// AdminRemoveLine is "{name} can come back with a new link.".
func AdminRemoveLine(name string) string { return fill("admin.remove.line", "name", name) }

// AdminRemoveReason is "Reason (optional)".
func AdminRemoveReason() string { return fill("admin.remove.reason") }

// AdminReset is "Reset password...".
func AdminReset() string { return fill("admin.reset") }

// AdminResetAction is "Create code".
func AdminResetAction() string { return fill("admin.reset.action") }

// AdminResetAsk is "Reset the password of {name}?".
func AdminResetAsk(name string) string { return fill("admin.reset.ask", "name", name) }

// AdminResetCode is "Code for {name}".
func AdminResetCode(name string) string { return fill("admin.reset.code", "name", name) }

// AdminResetGive is "Give it to {name} yourself. It works once.".
func AdminResetGive(name string) string { return fill("admin.reset.give", "name", name) }

// AdminResetLine is "{name} gets a one-time code, valid for 1 hour. All devices of {name} are signed out. You cannot read their private messages either way.".
func AdminResetLine(name string) string { return fill("admin.reset.line", "name", name) }

// AdminResetUntil is "It works until {when}.".
func AdminResetUntil(when string) string { return fill("admin.reset.until", "when", when) }

// AdminYouReason is "Reason: {reason}".
func AdminYouReason(reason string) string { return fill("admin.you.reason", "reason", reason) }

// AdminYouRemoved is "{name} removed you from {place}.".
func AdminYouRemoved(name string, place string) string {
	return fill("admin.you.removed", "name", name, "place", place)
}

// AppName is "Snug".
func AppName() string { return fill("app.name") }

// AppTitle is "{place} - Snug".
func AppTitle(place string) string { return fill("app.title", "place", place) }

// AriaAvatar is "Picture of {name}".
func AriaAvatar(name string) string { return fill("aria.avatar", "name", name) }

// AriaChosen is "{label}, chosen".
func AriaChosen(label string) string { return fill("aria.chosen", "label", label) }

// AriaConceal is "Hide the password".
func AriaConceal() string { return fill("aria.conceal") }

// AriaMessages is "Messages".
func AriaMessages() string { return fill("aria.messages") }

// AriaOff is "{label}, off".
func AriaOff(label string) string { return fill("aria.off", "label", label) }

// AriaOn is "{label}, on".
func AriaOn(label string) string { return fill("aria.on", "label", label) }

// AriaProgress is "{n:int} percent".
func AriaProgress(n int) string { return fill("aria.progress", "n", n) }

// AriaReveal is "Show the password".
func AriaReveal() string { return fill("aria.reveal") }

// AriaUnread is "{n:int} unread messages".
func AriaUnread(n int) string { return fill("aria.unread", "n", n) }

// ChatCopyLink is "Copy link".
func ChatCopyLink() string { return fill("chat.copy.link") }

// ChatCopyText is "Copy text".
func ChatCopyText() string { return fill("chat.copy.text") }

// ChatCreated is "{name} opened this place".
func ChatCreated(name string) string { return fill("chat.created", "name", name) }

// ChatDelete is "Delete...".
func ChatDelete() string { return fill("chat.delete") }

// ChatDeleted is "This message was deleted".
func ChatDeleted() string { return fill("chat.deleted") }

// ChatDeletedBy is "{name} deleted this message".
func ChatDeletedBy(name string) string { return fill("chat.deleted.by", "name", name) }

// ChatDevice is "{name} has a new device".
func ChatDevice(name string) string { return fill("chat.device", "name", name) }

// ChatDiscard is "Delete".
func ChatDiscard() string { return fill("chat.discard") }

// ChatEdited is "edited".
func ChatEdited() string { return fill("chat.edited") }

// ChatEmpty is "Nobody has said anything yet.".
func ChatEmpty() string { return fill("chat.empty") }

// ChatEmptyHello is "Say hello".
func ChatEmptyHello() string { return fill("chat.empty.hello") }

// ChatEntry is "The host said something about a person that it cannot prove. I ignored it.".
func ChatEntry() string { return fill("chat.entry") }

// ChatForged is "This message was not signed by {name}. It is not shown.".
func ChatForged(name string) string { return fill("chat.forged", "name", name) }

// ChatGap is "A message of {name} before this one did not arrive.".
func ChatGap(name string) string { return fill("chat.gap", "name", name) }

// ChatIdentity is "{name}'s keys changed: a new computer, or someone pretending. Verify {name} if it matters.".
func ChatIdentity(name string) string { return fill("chat.identity", "name", name) }

// ChatInvited is "You came in through {name}'s link, so {name} is verified.".
func ChatInvited(name string) string { return fill("chat.invited", "name", name) }

// ChatJoined is "{name} came in".
func ChatJoined(name string) string { return fill("chat.joined", "name", name) }

// ChatLinkAsk is "Open this address?".
func ChatLinkAsk() string { return fill("chat.link.ask") }

// ChatLinkLine is "It opens in your browser.".
func ChatLinkLine() string { return fill("chat.link.line") }

// ChatLobby is "Lobby".
func ChatLobby() string { return fill("chat.lobby") }

// ChatMalformed is "A message that cannot be read is not shown.".
func ChatMalformed() string { return fill("chat.malformed") }

// ChatMark is "Mark for me".
func ChatMark() string { return fill("chat.mark") }

// ChatMarked is "Marked by you".
func ChatMarked() string { return fill("chat.marked") }

// ChatMarkedNone is "You have marked nothing in this room. Choose \"Mark for me\" in the menu of a message.".
func ChatMarkedNone() string { return fill("chat.marked.none") }

// ChatMembers is "{n:int} people".
func ChatMembers(n int) string { return fill("chat.members", "n", n) }

// ChatMembersOnline is "{all}, {n:int} here now".
func ChatMembersOnline(all string, n int) string {
	return fill("chat.members.online", "all", all, "n", n)
}

// ChatNewSince is "{n:int} new since {when}".
func ChatNewSince(n int, when string) string { return fill("chat.new.since", "n", n, "when", when) }

// ChatNewSinceAll is "New since {when}".
func ChatNewSinceAll(when string) string { return fill("chat.new.since.all", "when", when) }

// ChatOffline is "away".
func ChatOffline() string { return fill("chat.offline") }

// ChatOnline is "online".
func ChatOnline() string { return fill("chat.online") }

// ChatOtherHistory is "Careful: {name} was shown another history of this room than you. Ask the host about it.".
func ChatOtherHistory(name string) string { return fill("chat.other.history", "name", name) }

// ChatOtherPeople is "Careful: {name} was shown other people than you. Ask the host about it.".
func ChatOtherPeople(name string) string { return fill("chat.other.people", "name", name) }

// ChatPeopleShow is "Show who is here".
func ChatPeopleShow() string { return fill("chat.people.show") }

// ChatPeopleTitle is "People".
func ChatPeopleTitle() string { return fill("chat.people.title") }

// ChatPin is "Pin for everyone".
func ChatPin() string { return fill("chat.pin") }

// ChatPinned is "Pinned".
func ChatPinned() string { return fill("chat.pinned") }

// ChatPins is "{n:int} pinned messages".
func ChatPins(n int) string { return fill("chat.pins", "n", n) }

// ChatPreview is "{name}: {text}".
func ChatPreview(name string, text string) string {
	return fill("chat.preview", "name", name, "text", text)
}

// ChatReadHost is "The host can read this room".
func ChatReadHost() string { return fill("chat.read.host") }

// ChatReadHostFew is "Host can read".
func ChatReadHostFew() string { return fill("chat.read.host.few") }

// ChatReadKeep is "The host keeps a copy of Lobby files.".
func ChatReadKeep() string { return fill("chat.read.keep") }

// ChatReadKeepNot is "Only members can open files in this room.".
func ChatReadKeepNot() string { return fill("chat.read.keep.not") }

// ChatReadKeepRoom is "The host keeps a copy of files in this room.".
func ChatReadKeepRoom() string { return fill("chat.read.keep.room") }

// ChatReadMembers is "Only members can read this".
func ChatReadMembers() string { return fill("chat.read.members") }

// ChatReadMembersFew is "Members only".
func ChatReadMembersFew() string { return fill("chat.read.members.few") }

// ChatReadTitle is "Who can read this?".
func ChatReadTitle() string { return fill("chat.read.title") }

// ChatRevoked is "A message from a device that {name} had signed out is not shown.".
func ChatRevoked(name string) string { return fill("chat.revoked", "name", name) }

// ChatSignOut is "{name} signed out a device".
func ChatSignOut(name string) string { return fill("chat.sign.out", "name", name) }

// ChatStateDevice is "On their device".
func ChatStateDevice() string { return fill("chat.state.device") }

// ChatStateFailed is "Not sent".
func ChatStateFailed() string { return fill("chat.state.failed") }

// ChatStateHost is "On the host".
func ChatStateHost() string { return fill("chat.state.host") }

// ChatStateRead is "Seen".
func ChatStateRead() string { return fill("chat.state.read") }

// ChatStateWaiting is "Waiting to be sent".
func ChatStateWaiting() string { return fill("chat.state.waiting") }

// ChatTwice is "Careful: two different messages of {name} stand in the same place. Somebody may have changed one.".
func ChatTwice(name string) string { return fill("chat.twice", "name", name) }

// ChatTypingMany is "Several people are typing".
func ChatTypingMany() string { return fill("chat.typing.many") }

// ChatTypingOne is "{name} is typing".
func ChatTypingOne(name string) string { return fill("chat.typing.one", "name", name) }

// ChatTypingThree is "{name}, {other} and {third} are typing".
func ChatTypingThree(name string, other string, third string) string {
	return fill("chat.typing.three", "name", name, "other", other, "third", third)
}

// ChatTypingTwo is "{name} and {other} are typing".
func ChatTypingTwo(name string, other string) string {
	return fill("chat.typing.two", "name", name, "other", other)
}

// ChatUnknown is "A newer Snug wrote this. Update to see it.".
func ChatUnknown() string { return fill("chat.unknown") }

// ChatUnmark is "Remove the mark".
func ChatUnmark() string { return fill("chat.unmark") }

// ChatUnpin is "Unpin".
func ChatUnpin() string { return fill("chat.unpin") }

// ComposeAttach is "Attach a file".
func ComposeAttach() string { return fill("compose.attach") }

// ComposeCaption is "Add words to the files".
func ComposeCaption() string { return fill("compose.caption") }

// ComposeEmoji is "Emoji".
func ComposeEmoji() string { return fill("compose.emoji") }

// ComposeEveryone is "everyone".
func ComposeEveryone() string { return fill("compose.everyone") }

// ComposeEveryoneHint is "everyone in this room".
func ComposeEveryoneHint() string { return fill("compose.everyone.hint") }

// ComposeHint is "Message".
func ComposeHint() string { return fill("compose.hint") }

// ComposeLeft is "{left} left".
func ComposeLeft(left string) string { return fill("compose.left", "left", left) }

// ComposeLong is "This is {over} too long. Make it shorter, or send it as a file.".
func ComposeLong(over string) string { return fill("compose.long", "over", over) }

// ComposeNothing is "There is nothing to send yet.".
func ComposeNothing() string { return fill("compose.nothing") }

// ComposePaste is "There is no text, file or picture to paste.".
func ComposePaste() string { return fill("compose.paste") }

// ComposeSend is "Send".
func ComposeSend() string { return fill("compose.send") }

// ComposeShut is "Nothing can be sent in this room now.".
func ComposeShut() string { return fill("compose.shut") }

// ComposeUnreadable is "This text has characters that cannot be sent.".
func ComposeUnreadable() string { return fill("compose.unreadable") }

// DataArchive is "From an export".
func DataArchive() string { return fill("data.archive") }

// DataArchiveLine is "This is a copy from an export. It can be read and searched, and nothing can be written.".
func DataArchiveLine() string { return fill("data.archive.line") }

// DataBackupDone is "Backed up, and proved restorable.".
func DataBackupDone() string { return fill("data.backup.done") }

// DataBackupNow is "Back up now".
func DataBackupNow() string { return fill("data.backup.now") }

// DataBackupWorking is "Copying, and trying the copy out...".
func DataBackupWorking() string { return fill("data.backup.working") }

// DataBring is "Bring older messages".
func DataBring() string { return fill("data.bring") }

// DataBringAnother is "Another folder".
func DataBringAnother() string { return fill("data.bring.another") }

// DataBringAsk is "Bring older messages of {place}?".
func DataBringAsk(place string) string { return fill("data.bring.ask", "place", place) }

// DataBringChoose is "Choose the folder".
func DataBringChoose() string { return fill("data.bring.choose") }

// DataBringDone is "{n:int} messages are back.".
func DataBringDone(n int) string { return fill("data.bring.done", "n", n) }

// DataBringHow is "Choose an export of yours, or a copy of what Snug kept on the other computer. Nothing that is here is changed, and the folder is only read. Take only what you kept yourself: I cannot see whether somebody changed an export.".
func DataBringHow() string { return fill("data.bring.how") }

// DataBringLine is "What you read in private rooms on a computer that you do not have any more.".
func DataBringLine() string { return fill("data.bring.line") }

// DataBringLocked is "This copy is locked.".
func DataBringLocked() string { return fill("data.bring.locked") }

// DataBringNone is "Everything in this folder was here already.".
func DataBringNone() string { return fill("data.bring.none") }

// DataBringOffer is "What you read in private rooms before is not on this computer.".
func DataBringOffer() string { return fill("data.bring.offer") }

// DataBringPassphrase is "The passphrase that Snug had on that computer".
func DataBringPassphrase() string { return fill("data.bring.passphrase") }

// DataBringReading is "Reading...".
func DataBringReading() string { return fill("data.bring.reading") }

// DataBringWaiting is "{n:int} private rooms have not come back yet. Do this again when they have.".
func DataBringWaiting(n int) string { return fill("data.bring.waiting", "n", n) }

// DataBringWorking is "{done} of {all} messages".
func DataBringWorking(done string, all string) string {
	return fill("data.bring.working", "done", done, "all", all)
}

// DataEnd is "End my account in {place}...".
func DataEnd(place string) string { return fill("data.end", "place", place) }

// DataEndAsk is "End your account in {place}?".
func DataEndAsk(place string) string { return fill("data.end.ask", "place", place) }

// DataEndLine is "You leave your private rooms, and none of your computers can come in any more. Then this computer forgets the place with all that is kept of it. What you wrote and sent stays with the others. Nobody else can take your name. Only the host can bring you back.".
func DataEndLine() string { return fill("data.end.line") }

// DataExport is "Export my data".
func DataExport() string { return fill("data.export") }

// DataExportAsk is "Export {place}?".
func DataExportAsk(place string) string { return fill("data.export.ask", "place", place) }

// DataExportChoose is "Choose where".
func DataExportChoose() string { return fill("data.export.choose") }

// DataExportDone is "Everything is in the folder.".
func DataExportDone() string { return fill("data.export.done") }

// DataExportDoneTitle is "{place} is exported".
func DataExportDoneTitle(place string) string { return fill("data.export.done.title", "place", place) }

// DataExportFiles is "{done} of {all} of files".
func DataExportFiles(done string, all string) string {
	return fill("data.export.files", "done", done, "all", all)
}

// DataExportFolder is "Snug - {place} - {day}".
func DataExportFolder(place string, day string) string {
	return fill("data.export.folder", "place", place, "day", day)
}

// DataExportLine is "A folder with everything that you can read here: pages for any browser, the same for other programs, and your files.".
func DataExportLine() string { return fill("data.export.line") }

// DataExportShow is "Look at it".
func DataExportShow() string { return fill("data.export.show") }

// DataExportWarn is "The folder is not encrypted. Whoever opens it reads all of it, your private rooms too. Keep it in a safe place.".
func DataExportWarn() string { return fill("data.export.warn") }

// DataExportWorking is "{done} of {all} messages".
func DataExportWorking(done string, all string) string {
	return fill("data.export.working", "done", done, "all", all)
}

// DataLate is "No backup of {place} could be made since {when}. {why}".
func DataLate(place string, when string, why string) string {
	return fill("data.late", "place", place, "when", when, "why", why)
}

// DataLateNone is "No backup of {place} could be made yet. {why}".
func DataLateNone(place string, why string) string {
	return fill("data.late.none", "place", place, "why", why)
}

// DataOpen is "Open an export".
func DataOpen() string { return fill("data.open") }

// DataOpenLine is "To read and search what you exported once. Nothing can be written there.".
func DataOpenLine() string { return fill("data.open.line") }

// DataPageBack is "All rooms".
func DataPageBack() string { return fill("data.page.back") }

// DataPageCount is "{n:int} messages".
func DataPageCount(n int) string { return fill("data.page.count", "n", n) }

// DataPageData is "The folder data has the same for other programs; README.md in it says how.".
func DataPageData() string { return fill("data.page.data") }

// DataPageEarlier is "Earlier".
func DataPageEarlier() string { return fill("data.page.earlier") }

// DataPageFile is "not in this export".
func DataPageFile() string { return fill("data.page.file") }

// DataPageLater is "Later".
func DataPageLater() string { return fill("data.page.later") }

// DataPageLine is "As {name} had it on {when}. Everything here was on one computer.".
func DataPageLine(name string, when string) string {
	return fill("data.page.line", "name", name, "when", when)
}

// DataPageOpen is "The host could read this".
func DataPageOpen() string { return fill("data.page.open") }

// DataPagePeople is "People".
func DataPagePeople() string { return fill("data.page.people") }

// DataPageRooms is "Rooms".
func DataPageRooms() string { return fill("data.page.rooms") }

// DataPageSealed is "Only members could read this".
func DataPageSealed() string { return fill("data.page.sealed") }

// DataPageTitle is "{place}".
func DataPageTitle(place string) string { return fill("data.page.title", "place", place) }

// DataProved is "Last proved restorable: {when}".
func DataProved(when string) string { return fill("data.proved", "when", when) }

// DataProvedNone is "No backup yet. The first one is made a minute after the start, then every night at 3.".
func DataProvedNone() string { return fill("data.proved.none") }

// DataRepairAside is "The damaged file was kept: {file}".
func DataRepairAside(file string) string { return fill("data.repair.aside", "file", file) }

// DataRepairFresh is "The messages of {place} were damaged on the disk, and there was no backup yet.".
func DataRepairFresh(place string) string { return fill("data.repair.fresh", "place", place) }

// DataRepairHost is "Some of the place that you host was damaged on the disk, and was brought back from the backup of {when}.".
func DataRepairHost(when string) string { return fill("data.repair.host", "when", when) }

// DataRepairPart is "Not all that came after it could be read. Open rooms come back from the host by themselves; the newest messages of private rooms may be missing.".
func DataRepairPart() string { return fill("data.repair.part") }

// DataRepairPartFresh is "Open rooms come back from the host by themselves; messages of private rooms may be missing.".
func DataRepairPartFresh() string { return fill("data.repair.part.fresh") }

// DataRepairPartHost is "Not all that came after it could be read. What you and the others still have comes back when they connect. Who came in since then has to join again.".
func DataRepairPartHost() string { return fill("data.repair.part.host") }

// DataRepairPlace is "Some of {place} was damaged on the disk, and was brought back from the backup of {when}.".
func DataRepairPlace(place string, when string) string {
	return fill("data.repair.place", "place", place, "when", when)
}

// DataRepairRolled is "An older copy of {place} lay in its place, and I went on from it. Open rooms come back from the host by themselves; the newest messages of private rooms may be missing.".
func DataRepairRolled(place string) string { return fill("data.repair.rolled", "place", place) }

// DataRepairRolledHost is "An older copy of the place that you host lay in its place, and I went on from it. What you and the others still have comes back when they connect. Who came in since then has to join again.".
func DataRepairRolledHost() string { return fill("data.repair.rolled.host") }

// DataRepairTitle is "Something was repaired".
func DataRepairTitle() string { return fill("data.repair.title") }

// DataRepairWhole is "What came after it was read from the damaged file: nothing is missing.".
func DataRepairWhole() string { return fill("data.repair.whole") }

// DataRepairWholeFresh is "They were read from the damaged file and from the host: nothing is missing.".
func DataRepairWholeFresh() string { return fill("data.repair.whole.fresh") }

// DataTitle is "What is on this computer".
func DataTitle() string { return fill("data.title") }

// DataWipe is "Remove from this computer".
func DataWipe() string { return fill("data.wipe") }

// DataWipeAction is "Delete".
func DataWipeAction() string { return fill("data.wipe.action") }

// DataWipeAll is "Delete everything of Snug...".
func DataWipeAll() string { return fill("data.wipe.all") }

// DataWipeAllAsk is "Delete everything of Snug on this computer?".
func DataWipeAllAsk() string { return fill("data.wipe.all.ask") }

// DataWipeAllLine is "The keys go first: after that nobody can read the rest, not even from a copy of this disk. Then every place, message, backup and setting. A place that you host ends for everybody. Files that you received stay. There is no way back without a recovery kit.".
func DataWipeAllLine() string { return fill("data.wipe.all.line") }

// DataWipeDone is "It is gone from this computer.".
func DataWipeDone() string { return fill("data.wipe.done") }

// DataWipeHost is "Delete the place that I host...".
func DataWipeHost() string { return fill("data.wipe.host") }

// DataWipeHostAsk is "Delete {place} for everybody?".
func DataWipeHostAsk(place string) string { return fill("data.wipe.host.ask", "place", place) }

// DataWipeHostLine is "The place ends. Its keys go first, then its backups, all rooms, messages and files on this computer. All links stop working, for good. People keep what is on their own computers. Files in your received folder stay.".
func DataWipeHostLine() string { return fill("data.wipe.host.line") }

// DataWipePlace is "Remove {place}...".
func DataWipePlace(place string) string { return fill("data.wipe.place", "place", place) }

// DataWipePlaceAsk is "Remove {place} from this computer?".
func DataWipePlaceAsk(place string) string { return fill("data.wipe.place.ask", "place", place) }

// DataWipePlaceLine is "Your way in, and every message of it that is kept here, are deleted. There is no way back without an export or a recovery kit. Files that you received stay. Your account stays too; if the place can be reached, it lets this computer in no more.".
func DataWipePlaceLine() string { return fill("data.wipe.place.line") }

// DeleteAll is "Delete for everyone".
func DeleteAll() string { return fill("delete.all") }

// DeleteAsked is "I asked everyone to delete it. Somebody may have kept it.".
func DeleteAsked() string { return fill("delete.asked") }

// DeleteLine is "\"For everyone\" asks all devices to delete it. Somebody may have kept it.".
func DeleteLine() string { return fill("delete.line") }

// DeleteLineMe is "It stays on the computers of the others.".
func DeleteLineMe() string { return fill("delete.line.me") }

// DeleteLineWaits is "It waits to be sent. What has not left this computer goes to nobody.".
func DeleteLineWaits() string { return fill("delete.line.waits") }

// DeleteMe is "Delete for me".
func DeleteMe() string { return fill("delete.me") }

// DeleteTitle is "Delete this message?".
func DeleteTitle() string { return fill("delete.title") }

// DetailsAccount is "Account".
func DetailsAccount() string { return fill("details.account") }

// DetailsFrom is "From".
func DetailsFrom() string { return fill("details.from") }

// DetailsMessage is "Message".
func DetailsMessage() string { return fill("details.message") }

// DetailsRow is "Number".
func DetailsRow() string { return fill("details.row") }

// DetailsState is "State".
func DetailsState() string { return fill("details.state") }

// DetailsTime is "Time".
func DetailsTime() string { return fill("details.time") }

// Devices is "My computers".
func Devices() string { return fill("devices") }

// DevicesAdd is "Add a computer".
func DevicesAdd() string { return fill("devices.add") }

// DevicesAddAgain is "Make a new link".
func DevicesAddAgain() string { return fill("devices.add.again") }

// DevicesAddAgreed is "Now press \"They match\" on the other computer.".
func DevicesAddAgreed() string { return fill("devices.add.agreed") }

// DevicesAddCareful is "Only do this if the other computer is yours and in front of you. Never send this link to anybody.".
func DevicesAddCareful() string { return fill("devices.add.careful") }

// DevicesAddDiffer is "Then someone may be in between. No computer was added. Make a new link, and show it to nobody.".
func DevicesAddDiffer() string { return fill("devices.add.differ") }

// DevicesAddDifferLine is "If they differ, someone may be in between.".
func DevicesAddDifferLine() string { return fill("devices.add.differ.line") }

// DevicesAddDone is "It is in your rooms in a moment, and copies your private messages from here while both are running.".
func DevicesAddDone() string { return fill("devices.add.done") }

// DevicesAddDoneTitle is "The computer is added".
func DevicesAddDoneTitle() string { return fill("devices.add.done.title") }

// DevicesAddFailed is "No computer was added".
func DevicesAddFailed() string { return fill("devices.add.failed") }

// DevicesAddLook is "Do both computers show the same seven, in the same order?".
func DevicesAddLook() string { return fill("devices.add.look") }

// DevicesAddMaking is "Making a link...".
func DevicesAddMaking() string { return fill("devices.add.making") }

// DevicesAddMeeting is "The other computer is there...".
func DevicesAddMeeting() string { return fill("devices.add.meeting") }

// DevicesAddSteps is "Start Snug there, choose \"I use Snug on another computer\", and paste this link.".
func DevicesAddSteps() string { return fill("devices.add.steps") }

// DevicesAddTitle is "Add a computer of yours".
func DevicesAddTitle() string { return fill("devices.add.title") }

// DevicesAddUntil is "It works once, until {time}.".
func DevicesAddUntil(time string) string { return fill("devices.add.until", "time", time) }

// DevicesAddWaiting is "Waiting for the other computer...".
func DevicesAddWaiting() string { return fill("devices.add.waiting") }

// DevicesAdded is "Added {when}".
func DevicesAdded(when string) string { return fill("devices.added", "when", when) }

// DevicesKey is "Holds your identity".
func DevicesKey() string { return fill("devices.key") }

// DevicesLeaveAsk is "Sign out this computer?".
func DevicesLeaveAsk() string { return fill("devices.leave.ask") }

// DevicesLeaveKey is "This computer holds your identity, and you have no recovery kit. After this your identity is lost: others will see that your keys changed. Make a recovery kit first.".
func DevicesLeaveKey() string { return fill("devices.leave.key") }

// DevicesLeaveKit is "This computer holds your identity. After this only your recovery kit has it. Do you have it at hand?".
func DevicesLeaveKit() string { return fill("devices.leave.kit") }

// DevicesLeaveLine is "You get no new messages here any more. What is here stays until you remove it. This cannot be taken back; the computer can be added again.".
func DevicesLeaveLine() string { return fill("devices.leave.line") }

// DevicesLine is "Computers on which you are in this place.".
func DevicesLine() string { return fill("devices.line") }

// DevicesName is "Name of the computer".
func DevicesName() string { return fill("devices.name") }

// DevicesNameBad is "A name has one line and at most 120 letters.".
func DevicesNameBad() string { return fill("devices.name.bad") }

// DevicesNameLine is "You see it on your computers. The host can read it too.".
func DevicesNameLine() string { return fill("devices.name.line") }

// DevicesNoKey is "Other computers are added and signed out on the one that holds your identity, or after you used your recovery kit here.".
func DevicesNoKey() string { return fill("devices.no.key") }

// DevicesNoKeyBut is "Other computers are added and signed out on {name}, which holds your identity, or after you used your recovery kit here.".
func DevicesNoKeyBut(name string) string { return fill("devices.no.key.but", "name", name) }

// DevicesOnline is "Online".
func DevicesOnline() string { return fill("devices.online") }

// DevicesOpen is "Show my computers".
func DevicesOpen() string { return fill("devices.open") }

// DevicesOut is "Out of the place, but not of your private rooms".
func DevicesOut() string { return fill("devices.out") }

// DevicesRename is "Rename".
func DevicesRename() string { return fill("devices.rename") }

// DevicesSeen is "Last here {when}".
func DevicesSeen(when string) string { return fill("devices.seen", "when", when) }

// DevicesSignOut is "Sign out".
func DevicesSignOut() string { return fill("devices.sign.out") }

// DevicesSignOutAsk is "Sign out {name}?".
func DevicesSignOutAsk(name string) string { return fill("devices.sign.out.ask", "name", name) }

// DevicesSignOutLine is "It gets no new messages any more, also in private rooms. What is on it already stays there. This cannot be taken back; the computer can be added again.".
func DevicesSignOutLine() string { return fill("devices.sign.out.line") }

// DevicesSignedOut is "{name} is signed out.".
func DevicesSignedOut(name string) string { return fill("devices.signed.out", "name", name) }

// DevicesThis is "This computer".
func DevicesThis() string { return fill("devices.this") }

// DevicesUnnamed is "A computer without a name".
func DevicesUnnamed() string { return fill("devices.unnamed") }

// DoubtKeys is "{name}'s keys changed.".
func DoubtKeys(name string) string { return fill("doubt.keys", "name", name) }

// DoubtKeysLine is "New computer, or someone pretending? Until you answer, nothing is sent.".
func DoubtKeysLine() string { return fill("doubt.keys.line") }

// DoubtMatch is "The pictures of you and {name} did not match.".
func DoubtMatch(name string) string { return fill("doubt.match", "name", name) }

// DoubtMatchLine is "Someone may be in between. Until you answer, nothing is sent.".
func DoubtMatchLine() string { return fill("doubt.match.line") }

// DoubtRow is "Waits for your answer".
func DoubtRow() string { return fill("doubt.row") }

// DoubtWrite is "Write anyway".
func DoubtWrite() string { return fill("doubt.write") }

// EditDo is "Edit".
func EditDo() string { return fill("edit.do") }

// EditEmpty is "To take the message back, delete it.".
func EditEmpty() string { return fill("edit.empty") }

// EditTitle is "Change your message".
func EditTitle() string { return fill("edit.title") }

// EmojiActivity is "Activities".
func EmojiActivity() string { return fill("emoji.activity") }

// EmojiFlags is "Flags".
func EmojiFlags() string { return fill("emoji.flags") }

// EmojiFood is "Food and drink".
func EmojiFood() string { return fill("emoji.food") }

// EmojiNature is "Animals and nature".
func EmojiNature() string { return fill("emoji.nature") }

// EmojiNone is "No emoji is called that.".
func EmojiNone() string { return fill("emoji.none") }

// EmojiObjects is "Objects".
func EmojiObjects() string { return fill("emoji.objects") }

// EmojiPeople is "Smileys and people".
func EmojiPeople() string { return fill("emoji.people") }

// EmojiRecent is "Recent".
func EmojiRecent() string { return fill("emoji.recent") }

// EmojiSearch is "Search emoji".
func EmojiSearch() string { return fill("emoji.search") }

// EmojiSymbols is "Symbols".
func EmojiSymbols() string { return fill("emoji.symbols") }

// EmojiTone is "Skin tone".
func EmojiTone() string { return fill("emoji.tone") }

// EmojiTravel is "Travel and places".
func EmojiTravel() string { return fill("emoji.travel") }

// FileAgain is "Send again".
func FileAgain() string { return fill("file.again") }

// FileAsIs is "{size}, goes as it is".
func FileAsIs(size string) string { return fill("file.as.is", "size", size) }

// FileCancel is "Cancel".
func FileCancel() string { return fill("file.cancel") }

// FileCancelled is "Cancelled".
func FileCancelled() string { return fill("file.cancelled") }

// FileDownload is "Download {size}".
func FileDownload(size string) string { return fill("file.download", "size", size) }

// FileFolder is "Show in folder".
func FileFolder() string { return fill("file.folder") }

// FileFolderReceived is "Open the folder".
func FileFolderReceived() string { return fill("file.folder.received") }

// FileGet is "Download".
func FileGet() string { return fill("file.get") }

// FileGoneBy is "{name} removed this file.".
func FileGoneBy(name string) string { return fill("file.gone.by", "name", name) }

// FileListNone is "No files yet. What people send in the Lobby is kept here.".
func FileListNone() string { return fill("file.list.none") }

// FileMoved is "The file is not there any more. Somebody moved or deleted it.".
func FileMoved() string { return fill("file.moved") }

// FileOpen is "Open".
func FileOpen() string { return fill("file.open") }

// FileOriginal is "Send pictures as they are".
func FileOriginal() string { return fill("file.original") }

// FileOriginalLine is "They tell where and when they were taken, and with what. Otherwise I take that out.".
func FileOriginalLine() string { return fill("file.original.line") }

// FilePages is "{n:int} pages".
func FilePages(n int) string { return fill("file.pages", "n", n) }

// FilePause is "Pause".
func FilePause() string { return fill("file.pause") }

// FilePaused is "Paused at {n:int}%".
func FilePaused(n int) string { return fill("file.paused", "n", n) }

// FilePreparing is "Preparing...".
func FilePreparing() string { return fill("file.preparing") }

// FileProgramLine is "{name} can change things on your computer. Open it only if you expected it.".
func FileProgramLine(name string) string { return fill("file.program.line", "name", name) }

// FileProgramOpen is "Open it".
func FileProgramOpen() string { return fill("file.program.open") }

// FileProgramTitle is "This is a program".
func FileProgramTitle() string { return fill("file.program.title") }

// FileProgress is "{rate}, {left} left".
func FileProgress(rate string, left string) string {
	return fill("file.progress", "rate", rate, "left", left)
}

// FileReceived is "{size}, saved".
func FileReceived(size string) string { return fill("file.received", "size", size) }

// FileResume is "Resume".
func FileResume() string { return fill("file.resume") }

// FileSaveAs is "Save as".
func FileSaveAs() string { return fill("file.save.as") }

// FileSaved is "Saved as {name}".
func FileSaved(name string) string { return fill("file.saved", "name", name) }

// FileSend is "Send {n:int} files".
func FileSend(n int) string { return fill("file.send", "n", n) }

// FileSendTitle is "Send these {n:int} files?".
func FileSendTitle(n int) string { return fill("file.send.title", "n", n) }

// FileSizeOf is "{done} of {all}".
func FileSizeOf(done string, all string) string {
	return fill("file.size.of", "done", done, "all", all)
}

// FileTells is "I cannot take out what {n:int} of these files tell: where and when they were made, and with what.".
func FileTells(n int) string { return fill("file.tells", "n", n) }

// FileTrayFull is "At most {n:int} files at once.".
func FileTrayFull(n int) string { return fill("file.tray.full", "n", n) }

// FileUnclean is "I could not take out what it tells besides what is seen. Send it as it is, or not at all.".
func FileUnclean() string { return fill("file.unclean") }

// FileWaiting is "Waiting...".
func FileWaiting() string { return fill("file.waiting") }

// FilesAll is "All".
func FilesAll() string { return fill("files.all") }

// FilesFind is "Find by name".
func FilesFind() string { return fill("files.find") }

// FilesFull is "Files take {used} of {size}. When that is full, the oldest go first.".
func FilesFull(used string, size string) string {
	return fill("files.full", "used", used, "size", size)
}

// FilesFullDo is "Change".
func FilesFullDo() string { return fill("files.full.do") }

// FilesFullHide is "Hide".
func FilesFullHide() string { return fill("files.full.hide") }

// FilesFullPlace is "Files in {place} take {used} of {size}. When that is full, the oldest go first.".
func FilesFullPlace(place string, used string, size string) string {
	return fill("files.full.place", "place", place, "used", used, "size", size)
}

// FilesGo is "Show the message".
func FilesGo() string { return fill("files.go") }

// FilesGone is "no longer on the host".
func FilesGone() string { return fill("files.gone") }

// FilesIn is "saved in {folder}".
func FilesIn(folder string) string { return fill("files.in", "folder", folder) }

// FilesKeep is "The host keeps files for {time}. Copies on your computer stay.".
func FilesKeep(time string) string { return fill("files.keep", "time", time) }

// FilesKeepMost is "The host keeps files for {time} and {size} in all, then the oldest go. Copies on your computer stay.".
func FilesKeepMost(time string, size string) string {
	return fill("files.keep.most", "time", time, "size", size)
}

// FilesLine is "{size}, {name}, {where}".
func FilesLine(size string, name string, where string) string {
	return fill("files.line", "size", size, "name", name, "where", where)
}

// FilesMore is "Show earlier ones".
func FilesMore() string { return fill("files.more") }

// FilesMost is "The host keeps {size} of files, then the oldest go. Copies on your computer stay.".
func FilesMost(size string) string { return fill("files.most", "size", size) }

// FilesNone is "No files in this room yet. Drop one into the window to send it.".
func FilesNone() string { return fill("files.none") }

// FilesNothing is "No file is called that.".
func FilesNothing() string { return fill("files.nothing") }

// FilesOnHost is "on the host only".
func FilesOnHost() string { return fill("files.on.host") }

// FilesOthers is "Others".
func FilesOthers() string { return fill("files.others") }

// FilesPictures is "Pictures".
func FilesPictures() string { return fill("files.pictures") }

// FilesPinPrivate is "Pinned. The host cannot see pins in private rooms and removes old files: keep a copy.".
func FilesPinPrivate() string { return fill("files.pin.private") }

// FilesSave is "Save {n:int} files".
func FilesSave(n int) string { return fill("files.save", "n", n) }

// FilesSaved is "Saved {n:int} files".
func FilesSaved(n int) string { return fill("files.saved", "n", n) }

// FilesTitle is "Files".
func FilesTitle() string { return fill("files.title") }

// ForwardDo is "Forward".
func ForwardDo() string { return fill("forward.do") }

// ForwardDone is "Forwarded {n:int} messages to {name}.".
func ForwardDone(n int, name string) string { return fill("forward.done", "n", n, "name", name) }

// ForwardFind is "Find a room or a person".
func ForwardFind() string { return fill("forward.find") }

// ForwardFrom is "Forwarded from {name}".
func ForwardFrom(name string) string { return fill("forward.from", "name", name) }

// ForwardLabel is "Forwarded".
func ForwardLabel() string { return fill("forward.label") }

// ForwardMissing is "{n:int} files are not on this computer. Download them first.".
func ForwardMissing(n int) string { return fill("forward.missing", "n", n) }

// ForwardNone is "Nobody and no room is called that.".
func ForwardNone() string { return fill("forward.none") }

// ForwardTitle is "Forward {n:int} messages".
func ForwardTitle(n int) string { return fill("forward.title", "n", n) }

// HistoryCopying is "Copying your messages: {have} of {all}".
func HistoryCopying(have string, all string) string {
	return fill("history.copying", "have", have, "all", all)
}

// HostAlone is "This computer has no network, so only people on it can join.".
func HostAlone() string { return fill("host.alone") }

// HostCardReachLocal is "People on this Wi-Fi can join now.".
func HostCardReachLocal() string { return fill("host.card.reach.local") }

// HostCardReadLine is "You can read the Lobby. You cannot read private rooms you are not in.".
func HostCardReadLine() string { return fill("host.card.read.line") }

// HostName is "Name of the place".
func HostName() string { return fill("host.name") }

// HostNameDefault is "{name}'s place".
func HostNameDefault(name string) string { return fill("host.name.default", "name", name) }

// HostNameEmpty is "Please give the place a name.".
func HostNameEmpty() string { return fill("host.name.empty") }

// HostNameHint is "Our class".
func HostNameHint() string { return fill("host.name.hint") }

// HostPane is "Host of {place}".
func HostPane(place string) string { return fill("host.pane", "place", place) }

// HostPortMoved is "Port {taken:int} is in use, so I use {used:int}. Links already show it.".
func HostPortMoved(taken int, used int) string {
	return fill("host.port.moved", "taken", taken, "used", used)
}

// HostStart is "Start hosting".
func HostStart() string { return fill("host.start") }

// HostStarting is "Starting...".
func HostStarting() string { return fill("host.starting") }

// HostStop is "Stop hosting".
func HostStop() string { return fill("host.stop") }

// HostStopAsk is "Stop hosting {place}?".
func HostStopAsk(place string) string { return fill("host.stop.ask", "place", place) }

// HostStopLine is "While this is off, nobody can send. Everybody keeps what they already have.".
func HostStopLine() string { return fill("host.stop.line") }

// HostStopQuit is "Stop hosting and quit".
func HostStopQuit() string { return fill("host.stop.quit") }

// HostStopQuitAsk is "Stop hosting and quit?".
func HostStopQuitAsk() string { return fill("host.stop.quit.ask") }

// HostTabFiles is "Files".
func HostTabFiles() string { return fill("host.tab.files") }

// HostTabInvites is "Invites".
func HostTabInvites() string { return fill("host.tab.invites") }

// HostTabLog is "Log".
func HostTabLog() string { return fill("host.tab.log") }

// HostTabPeople is "People".
func HostTabPeople() string { return fill("host.tab.people") }

// HostTabSettings is "Settings".
func HostTabSettings() string { return fill("host.tab.settings") }

// HostTitle is "Host a place".
func HostTitle() string { return fill("host.title") }

// HostWho is "Who may join?".
func HostWho() string { return fill("host.who") }

// HostWhoApprove is "I approve each one".
func HostWhoApprove() string { return fill("host.who.approve") }

// HostWhoClosed is "Nobody new".
func HostWhoClosed() string { return fill("host.who.closed") }

// HostWhoInvite is "People with a link I send".
func HostWhoInvite() string { return fill("host.who.invite") }

// HostWhoOpen is "Anyone who has the address".
func HostWhoOpen() string { return fill("host.who.open") }

// InviteAsk is "Ask me before they come in".
func InviteAsk() string { return fill("invite.ask") }

// InviteAsks is "asks first".
func InviteAsks() string { return fill("invite.asks") }

// InviteBy is "by {name}".
func InviteBy(name string) string { return fill("invite.by", "name", name) }

// InviteByHost is "The host".
func InviteByHost() string { return fill("invite.by.host") }

// InviteCopied is "Link copied. Send it to the person you invite.".
func InviteCopied() string { return fill("invite.copied") }

// InviteCopy is "Copy link".
func InviteCopy() string { return fill("invite.copy") }

// InviteEnds is "ends {when}".
func InviteEnds(when string) string { return fill("invite.ends", "when", when) }

// InviteEndsNever is "until you stop it".
func InviteEndsNever() string { return fill("invite.ends.never") }

// InviteLeft is "{n:int} uses left".
func InviteLeft(n int) string { return fill("invite.left", "n", n) }

// InviteLeftAny is "Any number of uses".
func InviteLeftAny() string { return fill("invite.left.any") }

// InviteList is "Links in use".
func InviteList() string { return fill("invite.list") }

// InviteListNone is "No link is in use. Make one and send it to a friend.".
func InviteListNone() string { return fill("invite.list.none") }

// InviteMade is "{name}, {when}".
func InviteMade(name string, when string) string {
	return fill("invite.made", "name", name, "when", when)
}

// InviteMake is "Make a link".
func InviteMake() string { return fill("invite.make") }

// InviteMakeAnother is "Make another link".
func InviteMakeAnother() string { return fill("invite.make.another") }

// InviteMany is "Everyone with this link can come in. It does not prove who they are.".
func InviteMany() string { return fill("invite.many") }

// InvitePersonal is "This link lets one person in. Send it only to them.".
func InvitePersonal() string { return fill("invite.personal") }

// InviteSave is "Save as file".
func InviteSave() string { return fill("invite.save") }

// InviteSaved is "Saved as {file}. Send it to the person you invite.".
func InviteSaved(file string) string { return fill("invite.saved", "file", file) }

// InviteStop is "Stop".
func InviteStop() string { return fill("invite.stop") }

// InviteStopped is "The link does not work any more.".
func InviteStopped() string { return fill("invite.stopped") }

// InviteUntil is "Until".
func InviteUntil() string { return fill("invite.until") }

// InviteUntilDay is "1 day".
func InviteUntilDay() string { return fill("invite.until.day") }

// InviteUntilStop is "I stop it".
func InviteUntilStop() string { return fill("invite.until.stop") }

// InviteUntilWeek is "1 week".
func InviteUntilWeek() string { return fill("invite.until.week") }

// InviteWorks is "Works for".
func InviteWorks() string { return fill("invite.works") }

// InviteWorksAny is "Anyone".
func InviteWorksAny() string { return fill("invite.works.any") }

// InviteWorksOne is "1 person".
func InviteWorksOne() string { return fill("invite.works.one") }

// InviteWorksTen is "10 people".
func InviteWorksTen() string { return fill("invite.works.ten") }

// JoinAction is "Join".
func JoinAction() string { return fill("join.action") }

// JoinAddressLine is "Without a link you must check with the host that it is the right place.".
func JoinAddressLine() string { return fill("join.address.line") }

// JoinAsk is "Join {place}?".
func JoinAsk(place string) string { return fill("join.ask", "place", place) }

// JoinAsks is "{name} lets people in one by one.".
func JoinAsks(name string) string { return fill("join.asks", "name", name) }

// JoinAsksHost is "The host lets people in one by one.".
func JoinAsksHost() string { return fill("join.asks.host") }

// JoinBadEither is "This is neither a Snug link nor an address. A link starts with snug://join#".
func JoinBadEither() string { return fill("join.bad.either") }

// JoinConnecting is "Connecting...".
func JoinConnecting() string { return fill("join.connecting") }

// JoinDeviceAgreed is "Now press \"They match\" on your other computer.".
func JoinDeviceAgreed() string { return fill("join.device.agreed") }

// JoinDeviceDone is "This computer is yours now. Your private messages come from the other one.".
func JoinDeviceDone() string { return fill("join.device.done") }

// JoinDeviceFinish is "Coming in...".
func JoinDeviceFinish() string { return fill("join.device.finish") }

// JoinDeviceHint is "snug://device#...".
func JoinDeviceHint() string { return fill("join.device.hint") }

// JoinDeviceLine is "On your other computer open Settings, \"Show my computers\" and \"Add a computer\". It shows a link: bring it here.".
func JoinDeviceLine() string { return fill("join.device.line") }

// JoinDeviceMeeting is "Your other computer answers...".
func JoinDeviceMeeting() string { return fill("join.device.meeting") }

// JoinDeviceOther is "A link from your other computer starts with snug://device#".
func JoinDeviceOther() string { return fill("join.device.other") }

// JoinDevicePaste is "Paste the link from your other computer".
func JoinDevicePaste() string { return fill("join.device.paste") }

// JoinDeviceTitle is "Add this computer".
func JoinDeviceTitle() string { return fill("join.device.title") }

// JoinDeviceWaiting is "Calling your other computer...".
func JoinDeviceWaiting() string { return fill("join.device.waiting") }

// JoinDeviceWhose is "This computer becomes {name}'s.".
func JoinDeviceWhose(name string) string { return fill("join.device.whose", "name", name) }

// JoinFingerprint is "Ask the host: does their window show this too?".
func JoinFingerprint() string { return fill("join.fingerprint") }

// JoinFingerprintSame is "It is the same".
func JoinFingerprintSame() string { return fill("join.fingerprint.same") }

// JoinHosted is "Hosted by {name}.".
func JoinHosted(name string) string { return fill("join.hosted", "name", name) }

// JoinPaste is "Paste the link you got".
func JoinPaste() string { return fill("join.paste") }

// JoinPasteHint is "snug://join#...".
func JoinPasteHint() string { return fill("join.paste.hint") }

// JoinPasteLine is "Or the address of the place, such as 192.168.1.20:7443.".
func JoinPasteLine() string { return fill("join.paste.line") }

// JoinPeople is "{n:int} people are in it.".
func JoinPeople(n int) string { return fill("join.people", "n", n) }

// JoinRead is "The host can read the Lobby.".
func JoinRead() string { return fill("join.read") }

// JoinReadOld is "Read what is here".
func JoinReadOld() string { return fill("join.read.old") }

// JoinTitle is "Join a place".
func JoinTitle() string { return fill("join.title") }

// JoinTitleOf is "Join {place}".
func JoinTitleOf(place string) string { return fill("join.title.of", "place", place) }

// JoinWaiting is "{name} lets people in one by one. Waiting for {name}...".
func JoinWaiting(name string) string { return fill("join.waiting", "name", name) }

// JoinWaitingHost is "The host lets people in one by one. Waiting...".
func JoinWaitingHost() string { return fill("join.waiting.host") }

// JoinWaitingShort is "Waiting...".
func JoinWaitingShort() string { return fill("join.waiting.short") }

// JumpBad is "I do not know this day. Write it like 23.11. or 2026-11-23.".
func JumpBad() string { return fill("jump.bad") }

// JumpDate is "Go to a date".
func JumpDate() string { return fill("jump.date") }

// JumpDay is "Day".
func JumpDay() string { return fill("jump.day") }

// JumpGo is "Go there".
func JumpGo() string { return fill("jump.go") }

// JumpHint is "Such as 23.11. or 2026-11-23".
func JumpHint() string { return fill("jump.hint") }

// JumpNothing is "Nothing was said since then.".
func JumpNothing() string { return fill("jump.nothing") }

// KitAnother is "Make a new one".
func KitAnother() string { return fill("kit.another") }

// KitCare is "Whoever has them can be you in {place}. Nobody else can make them, not even the host. Keep them where only you look, and not only on this computer.".
func KitCare(place string) string { return fill("kit.care", "place", place) }

// KitCheck is "Check".
func KitCheck() string { return fill("kit.check") }

// KitDone is "Your recovery kit is good.".
func KitDone() string { return fill("kit.done") }

// KitDoneLine is "Keep it well. You can make a new one at any time, which ends this one.".
func KitDoneLine() string { return fill("kit.done.line") }

// KitEnds is "A new kit ends the words of the one before.".
func KitEnds() string { return fill("kit.ends") }

// KitFile is "Snug recovery kit".
func KitFile() string { return fill("kit.file") }

// KitFileMade is "Made: {when}".
func KitFileMade(when string) string { return fill("kit.file.made", "when", when) }

// KitFileName is "Snug recovery kit, {place}".
func KitFileName(place string) string { return fill("kit.file.name", "place", place) }

// KitFilePerson is "Of: {name}".
func KitFilePerson(name string) string { return fill("kit.file.person", "name", name) }

// KitFilePlace is "For: {place}".
func KitFilePlace(place string) string { return fill("kit.file.place", "place", place) }

// KitFileProgram is "For the program:".
func KitFileProgram() string { return fill("kit.file.program") }

// KitFileUse is "With this you come back as yourself on a new computer: in Snug choose Join a place, then I have a recovery kit, and open this file or type the words.".
func KitFileUse() string { return fill("kit.file.use") }

// KitHave is "I have them".
func KitHave() string { return fill("kit.have") }

// KitHistory is "Older messages come from another computer of yours, or from an export or a copy that you kept: see Settings.".
func KitHistory() string { return fill("kit.history") }

// KitKey is "It is made on the computer that holds your identity. This one can hold it too, if you have a kit already.".
func KitKey() string { return fill("kit.key") }

// KitLater is "Not now".
func KitLater() string { return fill("kit.later") }

// KitLetters is "The same in letters: {letters}".
func KitLetters(letters string) string { return fill("kit.letters", "letters", letters) }

// KitLine is "15 words that bring you back on a new computer.".
func KitLine() string { return fill("kit.line") }

// KitMade is "Made {when}.".
func KitMade(when string) string { return fill("kit.made", "when", when) }

// KitMake is "Make a recovery kit".
func KitMake() string { return fill("kit.make") }

// KitOffer is "If this computer breaks, nobody can bring you back into your private rooms.".
func KitOffer() string { return fill("kit.offer") }

// KitProve is "Do you have them?".
func KitProve() string { return fill("kit.prove") }

// KitProveLine is "Type two of the words, to be sure.".
func KitProveLine() string { return fill("kit.prove.line") }

// KitProved is "Made {when}. You have shown that you have it.".
func KitProved(when string) string { return fill("kit.proved", "when", when) }

// KitSave is "Save as a file".
func KitSave() string { return fill("kit.save") }

// KitSaved is "Saved as {file}. Take it to a safe place: it is of no use on a computer that breaks.".
func KitSaved(file string) string { return fill("kit.saved", "file", file) }

// KitShow is "Show them again".
func KitShow() string { return fill("kit.show") }

// KitTitle is "Recovery kit".
func KitTitle() string { return fill("kit.title") }

// KitUse is "Use my recovery kit".
func KitUse() string { return fill("kit.use") }

// KitUsed is "This computer holds your identity now.".
func KitUsed() string { return fill("kit.used") }

// KitWhy is "If this computer breaks, 15 words bring you back on another one: the same name, the same private rooms, and nobody has to verify you again.".
func KitWhy() string { return fill("kit.why") }

// KitWord is "Word {n}".
func KitWord(n string) string { return fill("kit.word", "n", n) }

// KitWords is "Write these words down".
func KitWords() string { return fill("kit.words") }

// KitWordsLine is "In this order. They are shown only now.".
func KitWordsLine() string { return fill("kit.words.line") }

// KitWrong is "This is not word {n}.".
func KitWrong(n string) string { return fill("kit.wrong", "n", n) }

// LogAll is "All".
func LogAll() string { return fill("log.all") }

// LogCopy is "Copy log".
func LogCopy() string { return fill("log.copy") }

// LogErrors is "Errors".
func LogErrors() string { return fill("log.errors") }

// LogEvery is "Show every line".
func LogEvery() string { return fill("log.every") }

// LogFilter is "Filter".
func LogFilter() string { return fill("log.filter") }

// LogFollow is "Follow".
func LogFollow() string { return fill("log.follow") }

// LogLines is "{n:int} lines".
func LogLines(n int) string { return fill("log.lines", "n", n) }

// LogNone is "Nothing has happened yet. What the place does is written here, never what people say.".
func LogNone() string { return fill("log.none") }

// LogNoneMatch is "No line matches.".
func LogNoneMatch() string { return fill("log.none.match") }

// LogWarnings is "Warnings".
func LogWarnings() string { return fill("log.warnings") }

// LoginAction is "Log in".
func LoginAction() string { return fill("login.action") }

// LoginCode is "I have a code from the host".
func LoginCode() string { return fill("login.code") }

// LoginCodeEmpty is "Please write the code that the host gave you.".
func LoginCodeEmpty() string { return fill("login.code.empty") }

// LoginCodeHint is "1234-5678".
func LoginCodeHint() string { return fill("login.code.hint") }

// LoginCodeLine is "A code lets you in again. What was said in private rooms comes back only on a computer of yours that still has it. Without one, and without your recovery kit, it is lost to you: others see that your keys changed, and members can invite you again.".
func LoginCodeLine() string { return fill("login.code.line") }

// LoginCreate is "Create account".
func LoginCreate() string { return fill("login.create") }

// LoginKnown is "I have an account".
func LoginKnown() string { return fill("login.known") }

// LoginName is "User name".
func LoginName() string { return fill("login.name") }

// LoginNew is "I am new here".
func LoginNew() string { return fill("login.new") }

// LoginPassword is "Password".
func LoginPassword() string { return fill("login.password") }

// LoginPasswordEmpty is "Please write your password.".
func LoginPasswordEmpty() string { return fill("login.password.empty") }

// LoginPasswordLine is "The host never sees it.".
func LoginPasswordLine() string { return fill("login.password.line") }

// LoginPasswordWhy is "You need it only on another computer. The host never sees it.".
func LoginPasswordWhy() string { return fill("login.password.why") }

// LoginTitle is "Log in to {place}".
func LoginTitle(place string) string { return fill("login.title", "place", place) }

// LoginWorking is "Checking...".
func LoginWorking() string { return fill("login.working") }

// MissedAll is "Mark all as read".
func MissedAll() string { return fill("missed.all") }

// MissedMore is "and {n:int} more".
func MissedMore(n int) string { return fill("missed.more", "n", n) }

// MissedNamed is "you were named {n:int} times".
func MissedNamed(n int) string { return fill("missed.named", "n", n) }

// MissedNone is "You have read everything.".
func MissedNone() string { return fill("missed.none") }

// MissedShow is "Show what I missed".
func MissedShow() string { return fill("missed.show") }

// MissedTitle is "What you missed".
func MissedTitle() string { return fill("missed.title") }

// NameBad is "Letters, digits, spaces and . - _ ' only.".
func NameBad() string { return fill("name.bad") }

// NameEmpty is "Please write a name.".
func NameEmpty() string { return fill("name.empty") }

// NameHint is "Your name".
func NameHint() string { return fill("name.hint") }

// NameLine is "Everybody in the place sees it.".
func NameLine() string { return fill("name.line") }

// NameLong is "A name has at most {n:int} letters.".
func NameLong(n int) string { return fill("name.long", "n", n) }

// NameTitle is "What should people call you?".
func NameTitle() string { return fill("name.title") }

// OfflineConnecting is "Connecting...".
func OfflineConnecting() string { return fill("offline.connecting") }

// OfflineLine is "Offline. Messages will be sent when you are back.".
func OfflineLine() string { return fill("offline.line") }

// OfflineTry is "Try now".
func OfflineTry() string { return fill("offline.try") }

// OfflineWaits is "{problem} What you write waits.".
func OfflineWaits(problem string) string { return fill("offline.waits", "problem", problem) }

// PeopleAway is "Away".
func PeopleAway() string { return fill("people.away") }

// PeopleBanned is "Banned".
func PeopleBanned() string { return fill("people.banned") }

// PeopleCameIn is "{name} is in.".
func PeopleCameIn(name string) string { return fill("people.came.in", "name", name) }

// PeopleLetIn is "Let in".
func PeopleLetIn() string { return fill("people.let.in") }

// PeopleMore is "and {n:int} more".
func PeopleMore(n int) string { return fill("people.more", "n", n) }

// PeopleNone is "Only you are here. Invite somebody.".
func PeopleNone() string { return fill("people.none") }

// PeopleOnline is "Here now".
func PeopleOnline() string { return fill("people.online") }

// PeopleRoleAdmin is "Admin".
func PeopleRoleAdmin() string { return fill("people.role.admin") }

// PeopleRoleGuest is "Guest".
func PeopleRoleGuest() string { return fill("people.role.guest") }

// PeopleRoleMember is "Member".
func PeopleRoleMember() string { return fill("people.role.member") }

// PeopleRoleModerator is "Moderator".
func PeopleRoleModerator() string { return fill("people.role.moderator") }

// PeopleRoleOwner is "Owner".
func PeopleRoleOwner() string { return fill("people.role.owner") }

// PeopleSeen is "last here {when}".
func PeopleSeen(when string) string { return fill("people.seen", "when", when) }

// PeopleTurnAway is "Turn away".
func PeopleTurnAway() string { return fill("people.turn.away") }

// PeopleVerified is "Verified by invite".
func PeopleVerified() string { return fill("people.verified") }

// PeopleWaiting is "Want to come in".
func PeopleWaiting() string { return fill("people.waiting") }

// PeopleWaitingLine is "{name} asks to come in.".
func PeopleWaitingLine(name string) string { return fill("people.waiting.line", "name", name) }

// PeopleWaitingOwn is "by the address".
func PeopleWaitingOwn() string { return fill("people.waiting.own") }

// PeopleYou is "You".
func PeopleYou() string { return fill("people.you") }

// PersonBlock is "Block".
func PersonBlock() string { return fill("person.block") }

// PersonBlockAsk is "Block {name}?".
func PersonBlockAsk(name string) string { return fill("person.block.ask", "name", name) }

// PersonBlockLine is "You see nothing of {name} any more, here and in every room. {name} is not told.".
func PersonBlockLine(name string) string { return fill("person.block.line", "name", name) }

// PersonBlocked is "{name} is blocked. Settings lists who is.".
func PersonBlocked(name string) string { return fill("person.blocked", "name", name) }

// PersonBlockedLine is "You have blocked {name}.".
func PersonBlockedLine(name string) string { return fill("person.blocked.line", "name", name) }

// PersonCard is "Show card".
func PersonCard() string { return fill("person.card") }

// PersonMessage is "Message".
func PersonMessage() string { return fill("person.message") }

// PersonTitle is "New message".
func PersonTitle() string { return fill("person.title") }

// PersonUnblock is "Unblock".
func PersonUnblock() string { return fill("person.unblock") }

// PickCount is "{n:int} selected".
func PickCount(n int) string { return fill("pick.count", "n", n) }

// PickDelete is "Delete {n:int} messages for you?".
func PickDelete(n int) string { return fill("pick.delete", "n", n) }

// PickDo is "Select".
func PickDo() string { return fill("pick.do") }

// PickFull is "At most {n:int} messages at once.".
func PickFull(n int) string { return fill("pick.full", "n", n) }

// PickLine is "{name}, {when}: {text}".
func PickLine(name string, when string, text string) string {
	return fill("pick.line", "name", name, "when", when, "text", text)
}

// PictureAeroplane is "Aeroplane".
func PictureAeroplane() string { return fill("picture.aeroplane") }

// PictureAnchor is "Anchor".
func PictureAnchor() string { return fill("picture.anchor") }

// PictureApple is "Apple".
func PictureApple() string { return fill("picture.apple") }

// PictureBall is "Ball".
func PictureBall() string { return fill("picture.ball") }

// PictureBanana is "Banana".
func PictureBanana() string { return fill("picture.banana") }

// PictureBell is "Bell".
func PictureBell() string { return fill("picture.bell") }

// PictureBicycle is "Bicycle".
func PictureBicycle() string { return fill("picture.bicycle") }

// PictureBook is "Book".
func PictureBook() string { return fill("picture.book") }

// PictureButterfly is "Butterfly".
func PictureButterfly() string { return fill("picture.butterfly") }

// PictureCactus is "Cactus".
func PictureCactus() string { return fill("picture.cactus") }

// PictureCake is "Cake".
func PictureCake() string { return fill("picture.cake") }

// PictureCat is "Cat".
func PictureCat() string { return fill("picture.cat") }

// PictureClock is "Clock".
func PictureClock() string { return fill("picture.clock") }

// PictureCloud is "Cloud".
func PictureCloud() string { return fill("picture.cloud") }

// PictureCorn is "Corn".
func PictureCorn() string { return fill("picture.corn") }

// PictureDog is "Dog".
func PictureDog() string { return fill("picture.dog") }

// PictureElephant is "Elephant".
func PictureElephant() string { return fill("picture.elephant") }

// PictureFire is "Fire".
func PictureFire() string { return fill("picture.fire") }

// PictureFish is "Fish".
func PictureFish() string { return fill("picture.fish") }

// PictureFlag is "Flag".
func PictureFlag() string { return fill("picture.flag") }

// PictureFlower is "Flower".
func PictureFlower() string { return fill("picture.flower") }

// PictureFolder is "Folder".
func PictureFolder() string { return fill("picture.folder") }

// PictureGift is "Gift".
func PictureGift() string { return fill("picture.gift") }

// PictureGlasses is "Glasses".
func PictureGlasses() string { return fill("picture.glasses") }

// PictureGlobe is "Globe".
func PictureGlobe() string { return fill("picture.globe") }

// PictureGuitar is "Guitar".
func PictureGuitar() string { return fill("picture.guitar") }

// PictureHammer is "Hammer".
func PictureHammer() string { return fill("picture.hammer") }

// PictureHat is "Hat".
func PictureHat() string { return fill("picture.hat") }

// PictureHeadphones is "Headphones".
func PictureHeadphones() string { return fill("picture.headphones") }

// PictureHeart is "Heart".
func PictureHeart() string { return fill("picture.heart") }

// PictureHorse is "Horse".
func PictureHorse() string { return fill("picture.horse") }

// PictureHourglass is "Hourglass".
func PictureHourglass() string { return fill("picture.hourglass") }

// PictureKey is "Key".
func PictureKey() string { return fill("picture.key") }

// PictureLightBulb is "Light bulb".
func PictureLightBulb() string { return fill("picture.light.bulb") }

// PictureLion is "Lion".
func PictureLion() string { return fill("picture.lion") }

// PictureLock is "Lock".
func PictureLock() string { return fill("picture.lock") }

// PictureMoon is "Moon".
func PictureMoon() string { return fill("picture.moon") }

// PictureMushroom is "Mushroom".
func PictureMushroom() string { return fill("picture.mushroom") }

// PictureOctopus is "Octopus".
func PictureOctopus() string { return fill("picture.octopus") }

// PicturePanda is "Panda".
func PicturePanda() string { return fill("picture.panda") }

// PicturePaperclip is "Paperclip".
func PicturePaperclip() string { return fill("picture.paperclip") }

// PicturePencil is "Pencil".
func PicturePencil() string { return fill("picture.pencil") }

// PicturePenguin is "Penguin".
func PicturePenguin() string { return fill("picture.penguin") }

// PicturePig is "Pig".
func PicturePig() string { return fill("picture.pig") }

// PicturePin is "Pin".
func PicturePin() string { return fill("picture.pin") }

// PicturePizza is "Pizza".
func PicturePizza() string { return fill("picture.pizza") }

// PictureRabbit is "Rabbit".
func PictureRabbit() string { return fill("picture.rabbit") }

// PictureRobot is "Robot".
func PictureRobot() string { return fill("picture.robot") }

// PictureRocket is "Rocket".
func PictureRocket() string { return fill("picture.rocket") }

// PictureRooster is "Rooster".
func PictureRooster() string { return fill("picture.rooster") }

// PictureSanta is "Santa".
func PictureSanta() string { return fill("picture.santa") }

// PictureScissors is "Scissors".
func PictureScissors() string { return fill("picture.scissors") }

// PictureSmiley is "Smiley".
func PictureSmiley() string { return fill("picture.smiley") }

// PictureSpanner is "Spanner".
func PictureSpanner() string { return fill("picture.spanner") }

// PictureStrawberry is "Strawberry".
func PictureStrawberry() string { return fill("picture.strawberry") }

// PictureTelephone is "Telephone".
func PictureTelephone() string { return fill("picture.telephone") }

// PictureThumbsUp is "Thumbs up".
func PictureThumbsUp() string { return fill("picture.thumbs.up") }

// PictureTrain is "Train".
func PictureTrain() string { return fill("picture.train") }

// PictureTree is "Tree".
func PictureTree() string { return fill("picture.tree") }

// PictureTrophy is "Trophy".
func PictureTrophy() string { return fill("picture.trophy") }

// PictureTrumpet is "Trumpet".
func PictureTrumpet() string { return fill("picture.trumpet") }

// PictureTurtle is "Turtle".
func PictureTurtle() string { return fill("picture.turtle") }

// PictureUmbrella is "Umbrella".
func PictureUmbrella() string { return fill("picture.umbrella") }

// PictureUnicorn is "Unicorn".
func PictureUnicorn() string { return fill("picture.unicorn") }

// ProblemAnswer is "This place did not answer.".
func ProblemAnswer() string { return fill("problem.answer") }

// ProblemAnswerDo is "Try again. Nothing was lost.".
func ProblemAnswerDo() string { return fill("problem.answer.do") }

// ProblemBadAddress is "This is not an address.".
func ProblemBadAddress() string { return fill("problem.bad.address") }

// ProblemBadAddressDo is "It looks like 192.168.1.20:7443.".
func ProblemBadAddressDo() string { return fill("problem.bad.address.do") }

// ProblemBadLink is "This is not a whole Snug link.".
func ProblemBadLink() string { return fill("problem.bad.link") }

// ProblemBadLinkDo is "Copy all of it, from snug://join# to the end.".
func ProblemBadLinkDo() string { return fill("problem.bad.link.do") }

// ProblemBanned is "You are banned from this place.".
func ProblemBanned() string { return fill("problem.banned") }

// ProblemBannedBy is "{name} banned you from this place.".
func ProblemBannedBy(name string) string { return fill("problem.banned.by", "name", name) }

// ProblemBannedByUntil is "{name} banned you from this place until {when}.".
func ProblemBannedByUntil(name string, when string) string {
	return fill("problem.banned.by.until", "name", name, "when", when)
}

// ProblemBannedUntil is "You are banned from this place until {when}.".
func ProblemBannedUntil(when string) string { return fill("problem.banned.until", "when", when) }

// ProblemBusy is "This place has too much to do right now.".
func ProblemBusy() string { return fill("problem.busy") }

// ProblemBusyDo is "Try again in a moment.".
func ProblemBusyDo() string { return fill("problem.busy.do") }

// ProblemClock is "The clock of this computer is wrong.".
func ProblemClock() string { return fill("problem.clock") }

// ProblemClockDo is "Set it, then try again.".
func ProblemClockDo() string { return fill("problem.clock.do") }

// ProblemClosed is "This place lets nobody new in.".
func ProblemClosed() string { return fill("problem.closed") }

// ProblemClosedDo is "Ask the host for a link.".
func ProblemClosedDo() string { return fill("problem.closed.do") }

// ProblemCode is "This code is wrong or too old.".
func ProblemCode() string { return fill("problem.code") }

// ProblemCodeDo is "Ask the host for a new one.".
func ProblemCodeDo() string { return fill("problem.code.do") }

// ProblemCompared is "There is nothing to compare any more.".
func ProblemCompared() string { return fill("problem.compared") }

// ProblemComparedDo is "Ask again.".
func ProblemComparedDo() string { return fill("problem.compared.do") }

// ProblemCopied is "A copy of your Snug has written in your name.".
func ProblemCopied() string { return fill("problem.copied") }

// ProblemCopiedDo is "I stopped, so that nothing gets mixed up. Log in again to go on here.".
func ProblemCopiedDo() string { return fill("problem.copied.do") }

// ProblemDatabase is "The messages of this place cannot be read.".
func ProblemDatabase() string { return fill("problem.database") }

// ProblemDatabaseDo is "I changed nothing in it. Send the details to whoever helps you.".
func ProblemDatabaseDo() string { return fill("problem.database.do") }

// ProblemDevice is "This computer was signed out.".
func ProblemDevice() string { return fill("problem.device") }

// ProblemDeviceDo is "Log in again with your password or a code from the host.".
func ProblemDeviceDo() string { return fill("problem.device.do") }

// ProblemDirect is "This place could not open direct messages with this person.".
func ProblemDirect() string { return fill("problem.direct") }

// ProblemDirectDo is "Try again in a moment. If it stays so, ask the host.".
func ProblemDirectDo() string { return fill("problem.direct.do") }

// ProblemDiskFull is "The disk is full ({free} left).".
func ProblemDiskFull(free string) string { return fill("problem.disk.full", "free", free) }

// ProblemDiskFullDo is "Nothing was lost. I go on when there is room.".
func ProblemDiskFullDo() string { return fill("problem.disk.full.do") }

// ProblemDiskFullPlain is "The disk is full.".
func ProblemDiskFullPlain() string { return fill("problem.disk.full.plain") }

// ProblemDiskHost is "The host's disk is full.".
func ProblemDiskHost() string { return fill("problem.disk.host") }

// ProblemDiskHostDo is "Messages and files wait here until there is room.".
func ProblemDiskHostDo() string { return fill("problem.disk.host.do") }

// ProblemDiskReadonly is "This computer's disk can be read, but takes no changes.".
func ProblemDiskReadonly() string { return fill("problem.disk.readonly") }

// ProblemDiskReadonlyDo is "Nothing was lost. You can read on, and I go on when it takes changes again.".
func ProblemDiskReadonlyDo() string { return fill("problem.disk.readonly.do") }

// ProblemDoubted is "I do not know whether this is still the same person.".
func ProblemDoubted() string { return fill("problem.doubted") }

// ProblemDoubtedDo is "Verify them first, or choose to write anyway on their card.".
func ProblemDoubtedDo() string { return fill("problem.doubted.do") }

// ProblemElsewhere is "Your Snug is connected from somewhere else too.".
func ProblemElsewhere() string { return fill("problem.elsewhere") }

// ProblemElsewhereDo is "I connect again when the other one is closed.".
func ProblemElsewhereDo() string { return fill("problem.elsewhere.do") }

// ProblemExport is "This folder is no export of Snug, or it is not whole.".
func ProblemExport() string { return fill("problem.export") }

// ProblemExportDo is "Choose the folder in which index.html and the folder data lie.".
func ProblemExportDo() string { return fill("problem.export.do") }

// ProblemFast is "That was too fast.".
func ProblemFast() string { return fill("problem.fast") }

// ProblemFastDo is "I send it in {left}.".
func ProblemFastDo(left string) string { return fill("problem.fast.do", "left", left) }

// ProblemFileChanged is "The file changed while I was sending it.".
func ProblemFileChanged() string { return fill("problem.file.changed") }

// ProblemFileChangedDo is "Nothing was sent. Send it again when it is ready.".
func ProblemFileChangedDo() string { return fill("problem.file.changed.do") }

// ProblemFileDamaged is "The file was damaged on the way and I fetched it again.".
func ProblemFileDamaged() string { return fill("problem.file.damaged") }

// ProblemFileFolder is "A folder cannot be sent.".
func ProblemFileFolder() string { return fill("problem.file.folder") }

// ProblemFileFolderDo is "Pack it into one file first.".
func ProblemFileFolderDo() string { return fill("problem.file.folder.do") }

// ProblemFileGone is "No longer on the host.".
func ProblemFileGone() string { return fill("problem.file.gone") }

// ProblemFileGoneDo is "Somebody who has it can send it again.".
func ProblemFileGoneDo() string { return fill("problem.file.gone.do") }

// ProblemFileLarge is "Too big for this place: {size}, limit {limit}.".
func ProblemFileLarge(size string, limit string) string {
	return fill("problem.file.large", "size", size, "limit", limit)
}

// ProblemFileMissing is "The file is not there any more.".
func ProblemFileMissing() string { return fill("problem.file.missing") }

// ProblemFileMissingDo is "Choose it again.".
func ProblemFileMissingDo() string { return fill("problem.file.missing.do") }

// ProblemFileRead is "I may not read this file.".
func ProblemFileRead() string { return fill("problem.file.read") }

// ProblemFileReadDo is "Change its permissions or choose another.".
func ProblemFileReadDo() string { return fill("problem.file.read.do") }

// ProblemFileWrite is "I may not write into the folder for received files.".
func ProblemFileWrite() string { return fill("problem.file.write") }

// ProblemFileWriteDo is "Look whether it is still there, and whether you may write into it.".
func ProblemFileWriteDo() string { return fill("problem.file.write.do") }

// ProblemFilesOff is "Files are off in this place.".
func ProblemFilesOff() string { return fill("problem.files.off") }

// ProblemFull is "This place is full.".
func ProblemFull() string { return fill("problem.full") }

// ProblemFullDo is "I try again in a minute.".
func ProblemFullDo() string { return fill("problem.full.do") }

// ProblemHalfWiped is "Not everything could be deleted.".
func ProblemHalfWiped() string { return fill("problem.half.wiped") }

// ProblemHalfWipedDo is "What opens it is gone, so that nobody can read the rest. I delete that when I start again.".
func ProblemHalfWipedDo() string { return fill("problem.half.wiped.do") }

// ProblemHost is "Something went wrong on the computer of the host.".
func ProblemHost() string { return fill("problem.host") }

// ProblemHostDo is "Try again. The log of the host says more.".
func ProblemHostDo() string { return fill("problem.host.do") }

// ProblemIdentity is "This computer does not hold your identity.".
func ProblemIdentity() string { return fill("problem.identity") }

// ProblemIdentityDo is "Use the computer that does, or your recovery kit.".
func ProblemIdentityDo() string { return fill("problem.identity.do") }

// ProblemImpostor is "Stop. This is not the place from your link.".
func ProblemImpostor() string { return fill("problem.impostor") }

// ProblemImpostorDo is "Someone may be pretending to be it. I did not connect.".
func ProblemImpostorDo() string { return fill("problem.impostor.do") }

// ProblemInUse is "Snug is already open.".
func ProblemInUse() string { return fill("problem.in.use") }

// ProblemInUseDo is "Its window is still open, or it hosts a place in the background.".
func ProblemInUseDo() string { return fill("problem.in.use.do") }

// ProblemInviteFile is "There is no invite link in this file.".
func ProblemInviteFile() string { return fill("problem.invite.file") }

// ProblemInviteFileDo is "Ask whoever sent it for the link itself.".
func ProblemInviteFileDo() string { return fill("problem.invite.file.do") }

// ProblemJoined is "You are in this place already.".
func ProblemJoined() string { return fill("problem.joined") }

// ProblemJoinedDo is "It stands among the places you know.".
func ProblemJoinedDo() string { return fill("problem.joined.do") }

// ProblemKeyring is "The safe store of this computer does not answer.".
func ProblemKeyring() string { return fill("problem.keyring") }

// ProblemKeyringDo is "Log in to your computer, or unlock its keyring, and try again.".
func ProblemKeyringDo() string { return fill("problem.keyring.do") }

// ProblemKeyringLost is "The safe store of this computer has lost what opens your messages.".
func ProblemKeyringLost() string { return fill("problem.keyring.lost") }

// ProblemKeyringLostDo is "Without it nobody can open them. If you have a backup of the keyring, bring it back.".
func ProblemKeyringLostDo() string { return fill("problem.keyring.lost.do") }

// ProblemKit is "This place has no recovery kit with this code.".
func ProblemKit() string { return fill("problem.kit") }

// ProblemKitDo is "A newer kit ends the older one. Look whether you have another one, and whether this is the right place.".
func ProblemKitDo() string { return fill("problem.kit.do") }

// ProblemKitOld is "Your keys changed since this recovery kit was made.".
func ProblemKitOld() string { return fill("problem.kit.old") }

// ProblemKitOldDo is "Log in with your password, or ask the host for a code.".
func ProblemKitOldDo() string { return fill("problem.kit.old.do") }

// ProblemKitOther is "What this place keeps for your recovery kit does not belong to it.".
func ProblemKitOther() string { return fill("problem.kit.other") }

// ProblemKitOtherDo is "It is another place, or it does not tell the truth. It learned nothing from your kit. The file of the kit, if you have it, does without.".
func ProblemKitOtherDo() string { return fill("problem.kit.other.do") }

// ProblemLastAdmin is "A room needs an admin.".
func ProblemLastAdmin() string { return fill("problem.last.admin") }

// ProblemLastAdminDo is "Make somebody else an admin first.".
func ProblemLastAdminDo() string { return fill("problem.last.admin.do") }

// ProblemLastOwner is "A place needs an owner.".
func ProblemLastOwner() string { return fill("problem.last.owner") }

// ProblemLastOwnerDo is "Make somebody else the owner first.".
func ProblemLastOwnerDo() string { return fill("problem.last.owner.do") }

// ProblemLinkAsk is "Ask whoever sent it for a new one.".
func ProblemLinkAsk() string { return fill("problem.link.ask") }

// ProblemLinkEnded is "This link ended {when}.".
func ProblemLinkEnded(when string) string { return fill("problem.link.ended", "when", when) }

// ProblemLinkStopped is "This link does not work any more.".
func ProblemLinkStopped() string { return fill("problem.link.stopped") }

// ProblemLinkUsed is "This link has been used up.".
func ProblemLinkUsed() string { return fill("problem.link.used") }

// ProblemLinkUsedDo is "Ask {name} for a new one.".
func ProblemLinkUsedDo(name string) string { return fill("problem.link.used.do", "name", name) }

// ProblemLogin is "Wrong name or password.".
func ProblemLogin() string { return fill("problem.login") }

// ProblemLoginDo is "Ask the host to reset it.".
func ProblemLoginDo() string { return fill("problem.login.do") }

// ProblemMany is "Too many tries.".
func ProblemMany() string { return fill("problem.many") }

// ProblemManyDo is "Try again in {left}.".
func ProblemManyDo(left string) string { return fill("problem.many.do", "left", left) }

// ProblemName is "This name cannot be used here.".
func ProblemName() string { return fill("problem.name") }

// ProblemNameDo is "Please take another name.".
func ProblemNameDo() string { return fill("problem.name.do") }

// ProblemNeedsLink is "You need a link to come in.".
func ProblemNeedsLink() string { return fill("problem.needs.link") }

// ProblemNewerData is "A newer Snug wrote this data.".
func ProblemNewerData() string { return fill("problem.newer.data") }

// ProblemNewerDataDo is "Update Snug to open it. I changed nothing.".
func ProblemNewerDataDo() string { return fill("problem.newer.data.do") }

// ProblemNewerLink is "This link is from a newer Snug.".
func ProblemNewerLink() string { return fill("problem.newer.link") }

// ProblemNewerLinkDo is "Update Snug to use it.".
func ProblemNewerLinkDo() string { return fill("problem.newer.link.do") }

// ProblemNoDevice is "This person cannot be brought into a private room yet.".
func ProblemNoDevice() string { return fill("problem.no.device") }

// ProblemNoDeviceDo is "They have to open Snug once more, then try again.".
func ProblemNoDeviceDo() string { return fill("problem.no.device.do") }

// ProblemOffline is "There is no connection to this place now.".
func ProblemOffline() string { return fill("problem.offline") }

// ProblemOfflineDo is "Try again when you are back.".
func ProblemOfflineDo() string { return fill("problem.offline.do") }

// ProblemOlder is "This place needs a newer Snug (you have {have}, it needs {need}).".
func ProblemOlder(have string, need string) string {
	return fill("problem.older", "have", have, "need", need)
}

// ProblemOlderHost is "This place runs an older Snug than yours.".
func ProblemOlderHost() string { return fill("problem.older.host") }

// ProblemOlderHostDo is "Ask the host to update.".
func ProblemOlderHostDo() string { return fill("problem.older.host.do") }

// ProblemOlderNone is "There are no older messages of this place in this folder.".
func ProblemOlderNone() string { return fill("problem.older.none") }

// ProblemOlderNoneDo is "Choose the folder of an export, or one that has Snug's folder data in it.".
func ProblemOlderNoneDo() string { return fill("problem.older.none.do") }

// ProblemOlderPerson is "These messages are somebody else's.".
func ProblemOlderPerson() string { return fill("problem.older.person") }

// ProblemOlderPersonDo is "Nobody can be given what another person could read. Choose a folder of your own.".
func ProblemOlderPersonDo() string { return fill("problem.older.person.do") }

// ProblemOlderPlace is "These messages are of another place.".
func ProblemOlderPlace() string { return fill("problem.older.place") }

// ProblemOlderPlaceDo is "Open that place first, or choose another folder.".
func ProblemOlderPlaceDo() string { return fill("problem.older.place.do") }

// ProblemOutbox is "Too many messages wait in this room to be sent.".
func ProblemOutbox() string { return fill("problem.outbox") }

// ProblemOutboxDo is "Nothing was lost. Send this one again when the others have gone out.".
func ProblemOutboxDo() string { return fill("problem.outbox.do") }

// ProblemPairAccount is "Somebody else was in this place with this Snug.".
func ProblemPairAccount() string { return fill("problem.pair.account") }

// ProblemPairAccountDo is "Forget the place here first, then make a new link.".
func ProblemPairAccountDo() string { return fill("problem.pair.account.do") }

// ProblemPairForged is "Stop. It is not your other computer that answers.".
func ProblemPairForged() string { return fill("problem.pair.forged") }

// ProblemPairForgedDo is "Someone may be in between, or the link is of another try. No computer was added. Make a new link, and show it to nobody.".
func ProblemPairForgedDo() string { return fill("problem.pair.forged.do") }

// ProblemPairGone is "The other computer has gone.".
func ProblemPairGone() string { return fill("problem.pair.gone") }

// ProblemPairGoneDo is "Keep Snug open on both, make a new link and try again.".
func ProblemPairGoneDo() string { return fill("problem.pair.gone.do") }

// ProblemPairNo is "You said no on the other computer, or closed it there.".
func ProblemPairNo() string { return fill("problem.pair.no") }

// ProblemPairNoDo is "No computer was added. Make a new link to try again.".
func ProblemPairNoDo() string { return fill("problem.pair.no.do") }

// ProblemPairTime is "This link has ended, or was used already.".
func ProblemPairTime() string { return fill("problem.pair.time") }

// ProblemPairTimeDo is "It works once and for ten minutes. Make a new one on the computer that is there already.".
func ProblemPairTimeDo() string { return fill("problem.pair.time.do") }

// ProblemPassword is "This is not your password so far.".
func ProblemPassword() string { return fill("problem.password") }

// ProblemPermission is "This computer does not let me read or write my own files.".
func ProblemPermission() string { return fill("problem.permission") }

// ProblemPermissionDo is "Check who owns them, then try again.".
func ProblemPermissionDo() string { return fill("problem.permission.do") }

// ProblemPlaces is "You have as many places as Snug can keep.".
func ProblemPlaces() string { return fill("problem.places") }

// ProblemPlacesDo is "Forget one that you do not need any more.".
func ProblemPlacesDo() string { return fill("problem.places.do") }

// ProblemPort is "This computer does not let me open your place to others.".
func ProblemPort() string { return fill("problem.port") }

// ProblemPortDo is "Another program may be in the way. Close it, then try again.".
func ProblemPortDo() string { return fill("problem.port.do") }

// ProblemQuota is "The host keeps no more files for you.".
func ProblemQuota() string { return fill("problem.quota") }

// ProblemQuotaDo is "Ask the host to make room.".
func ProblemQuotaDo() string { return fill("problem.quota.do") }

// ProblemQuotaLimit is "The host keeps at most {limit} of files for you, and that is full.".
func ProblemQuotaLimit(limit string) string { return fill("problem.quota.limit", "limit", limit) }

// ProblemReach is "I cannot reach this place. It may be switched off, or your network blocks it.".
func ProblemReach() string { return fill("problem.reach") }

// ProblemReachDo is "I keep trying.".
func ProblemReachDo() string { return fill("problem.reach.do") }

// ProblemRemoved is "You were removed from this place.".
func ProblemRemoved() string { return fill("problem.removed") }

// ProblemRemovedDo is "What you have already received stays here.".
func ProblemRemovedDo() string { return fill("problem.removed.do") }

// ProblemRestored is "This place went back to an older copy of its messages.".
func ProblemRestored() string { return fill("problem.restored") }

// ProblemRestoredDo is "I stopped, so that no message gets lost. Yours are still here. Ask the host to bring back the newest copy, then try again.".
func ProblemRestoredDo() string { return fill("problem.restored.do") }

// ProblemRewritten is "The host changed what was said before.".
func ProblemRewritten() string { return fill("problem.rewritten") }

// ProblemRewrittenDo is "I show where it differs. Ask the host about it.".
func ProblemRewrittenDo() string { return fill("problem.rewritten.do") }

// ProblemRights is "You may not do that here.".
func ProblemRights() string { return fill("problem.rights") }

// ProblemRightsDo is "Ask a moderator or the owner.".
func ProblemRightsDo() string { return fill("problem.rights.do") }

// ProblemRoom is "This room is not there, or not for you.".
func ProblemRoom() string { return fill("problem.room") }

// ProblemStopping is "The host is switching this place off.".
func ProblemStopping() string { return fill("problem.stopping") }

// ProblemStoppingDo is "I go on when it is back.".
func ProblemStoppingDo() string { return fill("problem.stopping.do") }

// ProblemSystem is "This Windows is too old for Snug.".
func ProblemSystem() string { return fill("problem.system") }

// ProblemSystemDo is "It needs Windows 10, version 1803, or a newer one. Nothing was changed.".
func ProblemSystemDo() string { return fill("problem.system.do") }

// ProblemTaken is "That name is taken.".
func ProblemTaken() string { return fill("problem.taken") }

// ProblemTakenDo is "Please take another name.".
func ProblemTakenDo() string { return fill("problem.taken.do") }

// ProblemTextLong is "This message is too long.".
func ProblemTextLong() string { return fill("problem.text.long") }

// ProblemTextLongDo is "Make it shorter or send it as a file.".
func ProblemTextLongDo() string { return fill("problem.text.long.do") }

// ProblemTurnedAway is "The host did not let you in.".
func ProblemTurnedAway() string { return fill("problem.turned.away") }

// ProblemUnexpected is "Something went wrong that should not.".
func ProblemUnexpected() string { return fill("problem.unexpected") }

// ProblemUnexpectedDo is "Nothing was lost. Send the details to whoever helps you.".
func ProblemUnexpectedDo() string { return fill("problem.unexpected.do") }

// ProblemVault is "The file that unlocks your messages is damaged.".
func ProblemVault() string { return fill("problem.vault") }

// ProblemVaultDo is "I changed nothing. Bring it back from a backup.".
func ProblemVaultDo() string { return fill("problem.vault.do") }

// ProblemVaultGone is "The file that unlocks your messages is missing.".
func ProblemVaultGone() string { return fill("problem.vault.gone") }

// ProtectAgainDiffers is "The two are not the same.".
func ProtectAgainDiffers() string { return fill("protect.again.differs") }

// ProtectAgainHint is "The same again".
func ProtectAgainHint() string { return fill("protect.again.hint") }

// ProtectCommon is "This one is easy to guess. Please take another.".
func ProtectCommon() string { return fill("protect.common") }

// ProtectKeyring is "Unlock with my computer login".
func ProtectKeyring() string { return fill("protect.keyring") }

// ProtectKeyringLine is "Opens by itself when you are logged in.".
func ProtectKeyringLine() string { return fill("protect.keyring.line") }

// ProtectKeyringMissing is "This computer has no safe store, so please use a passphrase.".
func ProtectKeyringMissing() string { return fill("protect.keyring.missing") }

// ProtectLetters is "It has characters that cannot be typed. Please take others.".
func ProtectLetters() string { return fill("protect.letters") }

// ProtectLine is "If someone steals this laptop, the second choice keeps your messages closed.".
func ProtectLine() string { return fill("protect.line") }

// ProtectLong is "Use at most {n:int} characters.".
func ProtectLong(n int) string { return fill("protect.long", "n", n) }

// ProtectNamed is "This is made of a name that others know. Please take another.".
func ProtectNamed() string { return fill("protect.named") }

// ProtectPassphrase is "Ask for a passphrase each time".
func ProtectPassphrase() string { return fill("protect.passphrase") }

// ProtectPassphraseHint is "Passphrase".
func ProtectPassphraseHint() string { return fill("protect.passphrase.hint") }

// ProtectPassphraseLine is "Nobody can reset it, not even the host.".
func ProtectPassphraseLine() string { return fill("protect.passphrase.line") }

// ProtectShort is "Use at least {n:int} characters.".
func ProtectShort(n int) string { return fill("protect.short", "n", n) }

// ProtectSimple is "This is a simple pattern. Please take another.".
func ProtectSimple() string { return fill("protect.simple") }

// ProtectSuggest is "Suggest one".
func ProtectSuggest() string { return fill("protect.suggest") }

// ProtectTitle is "Protect this computer".
func ProtectTitle() string { return fill("protect.title") }

// ProtectWorking is "Locking it well takes a moment...".
func ProtectWorking() string { return fill("protect.working") }

// RailAdd is "Other places".
func RailAdd() string { return fill("rail.add") }

// RailHost is "Host".
func RailHost() string { return fill("rail.host") }

// ReactDo is "React".
func ReactDo() string { return fill("react.do") }

// ReactMore is "{names} and {n:int} more".
func ReactMore(names string, n int) string { return fill("react.more", "names", names, "n", n) }

// ReactWho is "{emoji} {names}".
func ReactWho(emoji string, names string) string {
	return fill("react.who", "emoji", emoji, "names", names)
}

// RecoverAction is "Come back".
func RecoverAction() string { return fill("recover.action") }

// RecoverCode is "Recovery kit".
func RecoverCode() string { return fill("recover.code") }

// RecoverCodeBad is "This is no recovery kit. It has 15 words, or a file.".
func RecoverCodeBad() string { return fill("recover.code.bad") }

// RecoverCodeEmpty is "Please write the 15 words.".
func RecoverCodeEmpty() string { return fill("recover.code.empty") }

// RecoverCodeHint is "The 15 words, or what the file says".
func RecoverCodeHint() string { return fill("recover.code.hint") }

// RecoverCodeWord is "Word {n} is no word of a recovery kit. Please look again.".
func RecoverCodeWord(n string) string { return fill("recover.code.word", "n", n) }

// RecoverCodeWrong is "One of the words is wrong, or not in its place. Please look again.".
func RecoverCodeWrong() string { return fill("recover.code.wrong") }

// RecoverFile is "Open the file".
func RecoverFile() string { return fill("recover.file") }

// RecoverFileBad is "There is no recovery kit in this file.".
func RecoverFileBad() string { return fill("recover.file.bad") }

// RecoverFound is "Welcome back, {name}".
func RecoverFound(name string) string { return fill("recover.found", "name", name) }

// RecoverFoundLine is "{place} knows you. Others see no difference.".
func RecoverFoundLine(place string) string { return fill("recover.found.line", "place", place) }

// RecoverLine is "Your recovery kit brings you back as yourself.".
func RecoverLine() string { return fill("recover.line") }

// RecoverOpen is "I have a recovery kit".
func RecoverOpen() string { return fill("recover.open") }

// RecoverTitle is "Come back".
func RecoverTitle() string { return fill("recover.title") }

// RecoverWhere is "Where is the place?".
func RecoverWhere() string { return fill("recover.where") }

// RecoverWhereHint is "An address or a link".
func RecoverWhereHint() string { return fill("recover.where.hint") }

// RecoverWhereLine is "The words do not say it; your friends know. Any invite link of the place will do. The file says it by itself.".
func RecoverWhereLine() string { return fill("recover.where.line") }

// RecoverWhereMissing is "Please write the address of the place, or paste a link to it.".
func RecoverWhereMissing() string { return fill("recover.where.missing") }

// RecoverWhich is "Which computer is lost?".
func RecoverWhich() string { return fill("recover.which") }

// RecoverWhichLine is "It is signed out for good, and this one takes its place in your private rooms.".
func RecoverWhichLine() string { return fill("recover.which.line") }

// RecoverWhichMade is "The kit was made there".
func RecoverWhichMade() string { return fill("recover.which.made") }

// RecoverWhichNone is "None of them".
func RecoverWhichNone() string { return fill("recover.which.none") }

// RecoverWhichNoneLine is "All of them stay. One of them lets this computer into your private rooms.".
func RecoverWhichNoneLine() string { return fill("recover.which.none.line") }

// RecoverWorking is "Coming back...".
func RecoverWorking() string { return fill("recover.working") }

// ReplyDo is "Reply".
func ReplyDo() string { return fill("reply.do") }

// ReplyGone is "That message is not here any more".
func ReplyGone() string { return fill("reply.gone") }

// ReplyTo is "Reply to {name}".
func ReplyTo(name string) string { return fill("reply.to", "name", name) }

// RoomAdmin is "Admin".
func RoomAdmin() string { return fill("room.admin") }

// RoomAdminMake is "Make admin".
func RoomAdminMake() string { return fill("room.admin.make") }

// RoomAdminTake is "Take admin away".
func RoomAdminTake() string { return fill("room.admin.take") }

// RoomAlone is "Only you are in this room. Invite somebody.".
func RoomAlone() string { return fill("room.alone") }

// RoomCreate is "Create".
func RoomCreate() string { return fill("room.create") }

// RoomCreating is "Making the room...".
func RoomCreating() string { return fill("room.creating") }

// RoomDelete is "Delete the room".
func RoomDelete() string { return fill("room.delete") }

// RoomDeleteAsk is "Delete {room}?".
func RoomDeleteAsk(room string) string { return fill("room.delete.ask", "room", room) }

// RoomDeleteLine is "Nobody can write in it any more, and the host deletes its copy. Members keep what they received.".
func RoomDeleteLine() string { return fill("room.delete.line") }

// RoomForget is "Take out of the list".
func RoomForget() string { return fill("room.forget") }

// RoomInvite is "Invite".
func RoomInvite() string { return fill("room.invite") }

// RoomInviteAction is "Invite {n:int} people".
func RoomInviteAction(n int) string { return fill("room.invite.action", "n", n) }

// RoomInviteFind is "Find somebody".
func RoomInviteFind() string { return fill("room.invite.find") }

// RoomInviteLine is "They read what is written from now on, not what was before.".
func RoomInviteLine() string { return fill("room.invite.line") }

// RoomInviteNobody is "Nobody is called that.".
func RoomInviteNobody() string { return fill("room.invite.nobody") }

// RoomInviteNone is "Everybody in this place is a member already.".
func RoomInviteNone() string { return fill("room.invite.none") }

// RoomInviteTitle is "Invite to {room}".
func RoomInviteTitle(room string) string { return fill("room.invite.title", "room", room) }

// RoomLeave is "Leave the room".
func RoomLeave() string { return fill("room.leave") }

// RoomLeaveAppoint is "You are the only admin. Make somebody else an admin first, so that the room can go on.".
func RoomLeaveAppoint() string { return fill("room.leave.appoint") }

// RoomLeaveAsk is "Leave {room}?".
func RoomLeaveAsk(room string) string { return fill("room.leave.ask", "room", room) }

// RoomLeaveLine is "You read nothing that is written from now on. What you received stays on this computer. A member can invite you again.".
func RoomLeaveLine() string { return fill("room.leave.line") }

// RoomLineAdded is "{name} added {others}".
func RoomLineAdded(name string, others string) string {
	return fill("room.line.added", "name", name, "others", others)
}

// RoomLineAdmin is "{name} made {others} admin".
func RoomLineAdmin(name string, others string) string {
	return fill("room.line.admin", "name", name, "others", others)
}

// RoomLineAdminTook is "{name} took admin away from {others}".
func RoomLineAdminTook(name string, others string) string {
	return fill("room.line.admin.took", "name", name, "others", others)
}

// RoomLineBack is "{name} is back with a device that had lost this room".
func RoomLineBack(name string) string { return fill("room.line.back", "name", name) }

// RoomLineCreated is "{name} made this room".
func RoomLineCreated(name string) string { return fill("room.line.created", "name", name) }

// RoomLineDevice is "{name} added a device".
func RoomLineDevice(name string) string { return fill("room.line.device", "name", name) }

// RoomLineDeviceGone is "{name} has one device less in this room".
func RoomLineDeviceGone(name string) string { return fill("room.line.device.gone", "name", name) }

// RoomLineLeft is "{name} left".
func RoomLineLeft(name string) string { return fill("room.line.left", "name", name) }

// RoomLineNamed is "{name} named this room {room}".
func RoomLineNamed(name string, room string) string {
	return fill("room.line.named", "name", name, "room", room)
}

// RoomLineRemoved is "{name} removed {others}".
func RoomLineRemoved(name string, others string) string {
	return fill("room.line.removed", "name", name, "others", others)
}

// RoomLineStranger is "Careful: {n:int} devices came or went, and I do not know whose.".
func RoomLineStranger(n int) string { return fill("room.line.stranger", "n", n) }

// RoomLineTopic is "{name} wrote what this room is about: {topic}".
func RoomLineTopic(name string, topic string) string {
	return fill("room.line.topic", "name", name, "topic", topic)
}

// RoomMembers is "Members".
func RoomMembers() string { return fill("room.members") }

// RoomMembersCount is "{n:int} members".
func RoomMembersCount(n int) string { return fill("room.members.count", "n", n) }

// RoomMembersShow is "Show the members".
func RoomMembersShow() string { return fill("room.members.show") }

// RoomMenu is "About this room".
func RoomMenu() string { return fill("room.menu") }

// RoomName is "Name of the room".
func RoomName() string { return fill("room.name") }

// RoomNameBad is "The name has characters that cannot be seen or told apart.".
func RoomNameBad() string { return fill("room.name.bad") }

// RoomNameEmpty is "Please give the room a name.".
func RoomNameEmpty() string { return fill("room.name.empty") }

// RoomNameHint is "Weekend trip".
func RoomNameHint() string { return fill("room.name.hint") }

// RoomRemove is "Remove from the room".
func RoomRemove() string { return fill("room.remove") }

// RoomRemoveAsk is "Remove {name} from {room}?".
func RoomRemoveAsk(name string, room string) string {
	return fill("room.remove.ask", "name", name, "room", room)
}

// RoomRemoveLine is "{name} reads nothing that is written from now on, and keeps what is here already.".
func RoomRemoveLine(name string) string { return fill("room.remove.line", "name", name) }

// RoomRename is "Rename".
func RoomRename() string { return fill("room.rename") }

// RoomRenameTitle is "Rename {room}".
func RoomRenameTitle(room string) string { return fill("room.rename.title", "room", room) }

// RoomTitle is "New room".
func RoomTitle() string { return fill("room.title") }

// RoomTopic is "What it is about (optional)".
func RoomTopic() string { return fill("room.topic") }

// RoomTopicLong is "At most {n:int} letters.".
func RoomTopicLong(n int) string { return fill("room.topic.long", "n", n) }

// RoomWho is "Who can read it?".
func RoomWho() string { return fill("room.who") }

// RoomWhoAll is "Everybody in this place".
func RoomWhoAll() string { return fill("room.who.all") }

// RoomWhoAllLine is "The host can read it too.".
func RoomWhoAllLine() string { return fill("room.who.all.line") }

// RoomWhoMembers is "Only its members".
func RoomWhoMembers() string { return fill("room.who.members") }

// RoomWhoMembersLine is "You invite them. The host cannot read it.".
func RoomWhoMembersLine() string { return fill("room.who.members.line") }

// RoomsAccept is "Accept".
func RoomsAccept() string { return fill("rooms.accept") }

// RoomsArchived is "Archived: {n:int} rooms".
func RoomsArchived(n int) string { return fill("rooms.archived", "n", n) }

// RoomsBroken is "Waiting for another member".
func RoomsBroken() string { return fill("rooms.broken") }

// RoomsBrokenLine is "This computer lost its place in this room. It goes on by itself as soon as another member is here.".
func RoomsBrokenLine() string { return fill("rooms.broken.line") }

// RoomsComing is "Waiting to be let in".
func RoomsComing() string { return fill("rooms.coming") }

// RoomsComingLine is "You are invited. You are in as soon as a member's Snug lets you in.".
func RoomsComingLine() string { return fill("rooms.coming.line") }

// RoomsDirect is "Direct messages".
func RoomsDirect() string { return fill("rooms.direct") }

// RoomsDirectNew is "New message".
func RoomsDirectNew() string { return fill("rooms.direct.new") }

// RoomsDirectNone is "Write to one person. Only the two of you can read it.".
func RoomsDirectNone() string { return fill("rooms.direct.none") }

// RoomsInvited is "You are invited".
func RoomsInvited() string { return fill("rooms.invited") }

// RoomsInvitedLine is "Come in only if you know who invites you.".
func RoomsInvitedLine() string { return fill("rooms.invited.line") }

// RoomsInvitedTitle is "You are invited to {room}".
func RoomsInvitedTitle(room string) string { return fill("rooms.invited.title", "room", room) }

// RoomsLeft is "You are not in it any more".
func RoomsLeft() string { return fill("rooms.left") }

// RoomsLeftLine is "You are not in this room any more. What you received stays here. A member can invite you again.".
func RoomsLeftLine() string { return fill("rooms.left.line") }

// RoomsListArchive is "Archive".
func RoomsListArchive() string { return fill("rooms.list.archive") }

// RoomsListMute is "Mute".
func RoomsListMute() string { return fill("rooms.list.mute") }

// RoomsListPin is "Put on top".
func RoomsListPin() string { return fill("rooms.list.pin") }

// RoomsListRead is "Mark as read".
func RoomsListRead() string { return fill("rooms.list.read") }

// RoomsListUnarchive is "Take out of the archive".
func RoomsListUnarchive() string { return fill("rooms.list.unarchive") }

// RoomsListUnmute is "Unmute".
func RoomsListUnmute() string { return fill("rooms.list.unmute") }

// RoomsListUnpin is "Take from the top".
func RoomsListUnpin() string { return fill("rooms.list.unpin") }

// RoomsNewsRequest is "{name} wants to write to you.".
func RoomsNewsRequest(name string) string { return fill("rooms.news.request", "name", name) }

// RoomsNewsTitle is "{room}, {place}".
func RoomsNewsTitle(room string, place string) string {
	return fill("rooms.news.title", "room", room, "place", place)
}

// RoomsNotes is "Notes to myself".
func RoomsNotes() string { return fill("rooms.notes") }

// RoomsNotesLine is "Only you can read them".
func RoomsNotesLine() string { return fill("rooms.notes.line") }

// RoomsOver is "Goes on in a new conversation".
func RoomsOver() string { return fill("rooms.over") }

// RoomsOverLine is "This conversation is over, and what you received stays here. What you and {name} write now goes into a new one.".
func RoomsOverLine(name string) string { return fill("rooms.over.line", "name", name) }

// RoomsPinned is "Pinned".
func RoomsPinned() string { return fill("rooms.pinned") }

// RoomsPrivate is "Private rooms".
func RoomsPrivate() string { return fill("rooms.private") }

// RoomsPrivateNew is "New room".
func RoomsPrivateNew() string { return fill("rooms.private.new") }

// RoomsPrivateNone is "Only the members of a private room can read it.".
func RoomsPrivateNone() string { return fill("rooms.private.none") }

// RoomsRequest is "Wants to write to you".
func RoomsRequest() string { return fill("rooms.request") }

// RoomsRequestLine is "You have not written to each other yet. Whoever you block is hidden from you and not told.".
func RoomsRequestLine() string { return fill("rooms.request.line") }

// RoomsRequestTitle is "{name} wants to write to you".
func RoomsRequestTitle(name string) string { return fill("rooms.request.title", "name", name) }

// RoomsRequests is "Requests".
func RoomsRequests() string { return fill("rooms.requests") }

// RoomsReturning is "Comes back".
func RoomsReturning() string { return fill("rooms.returning") }

// RoomsReturningLine is "Private rooms come back when one of their members is online. What was said before is on your other computers, or in a backup.".
func RoomsReturningLine() string { return fill("rooms.returning.line") }

// SearchAll is "All rooms".
func SearchAll() string { return fill("search.all") }

// SearchBuilding is "The oldest messages cannot be searched yet. Look again in a moment.".
func SearchBuilding() string { return fill("search.building") }

// SearchClear is "Search anew".
func SearchClear() string { return fill("search.clear") }

// SearchHelp is "Words may be cut short. Also: from:name, in:room, has:file, after:2026-11-01, before:2026-11-23, \"words in a row\".".
func SearchHelp() string { return fill("search.help") }

// SearchHere is "This room".
func SearchHere() string { return fill("search.here") }

// SearchHint is "Words, a name, a file".
func SearchHint() string { return fill("search.hint") }

// SearchIn is "{name} in {room}".
func SearchIn(name string, room string) string { return fill("search.in", "name", name, "room", room) }

// SearchInPlace is "{name} in {room}, {place}".
func SearchInPlace(name string, room string, place string) string {
	return fill("search.in.place", "name", name, "room", room, "place", place)
}

// SearchInstead is "Nothing has {asked}. These have {found}.".
func SearchInstead(asked string, found string) string {
	return fill("search.instead", "asked", asked, "found", found)
}

// SearchMore is "Show more".
func SearchMore() string { return fill("search.more") }

// SearchNone is "Nothing found. Try fewer letters, or all rooms.".
func SearchNone() string { return fill("search.none") }

// SearchPlaces is "All places".
func SearchPlaces() string { return fill("search.places") }

// SearchSigns is "Emoji and signs alone cannot be searched for. Add a word, a name or a date.".
func SearchSigns() string { return fill("search.signs") }

// SearchTitle is "Search".
func SearchTitle() string { return fill("search.title") }

// SearchUnknown is "I know nobody and no room called {name}.".
func SearchUnknown(name string) string { return fill("search.unknown", "name", name) }

// SettingsAddresses is "Where people reach it".
func SettingsAddresses() string { return fill("settings.addresses") }

// SettingsBlocked is "Blocked".
func SettingsBlocked() string { return fill("settings.blocked") }

// SettingsBlockedLine is "You see nothing that they write. They are not told.".
func SettingsBlockedLine() string { return fill("settings.blocked.line") }

// SettingsDownload is "Fetch files by themselves".
func SettingsDownload() string { return fill("settings.download") }

// SettingsDownloadAsk is "Ask me".
func SettingsDownloadAsk() string { return fill("settings.download.ask") }

// SettingsDownloadUpTo is "Up to {size}".
func SettingsDownloadUpTo(size string) string { return fill("settings.download.up.to", "size", size) }

// SettingsEnter is "Enter makes a new line".
func SettingsEnter() string { return fill("settings.enter") }

// SettingsEnterLine is "Shift and Enter send then. Otherwise it is the other way round.".
func SettingsEnterLine() string { return fill("settings.enter.line") }

// SettingsFilesLine is "The oldest go first. Words, files that are pinned in open rooms, and the copies in your own folder stay.".
func SettingsFilesLine() string { return fill("settings.files.line") }

// SettingsFingerprint is "Proof of this place".
func SettingsFingerprint() string { return fill("settings.fingerprint") }

// SettingsFingerprintLine is "Somebody who joins by the address instead of a link compares this.".
func SettingsFingerprintLine() string { return fill("settings.fingerprint.line") }

// SettingsJoining is "Who may join?".
func SettingsJoining() string { return fill("settings.joining") }

// SettingsKeep is "How long files stay".
func SettingsKeep() string { return fill("settings.keep") }

// SettingsKeepEver is "For ever".
func SettingsKeepEver() string { return fill("settings.keep.ever") }

// SettingsLimit is "Largest file".
func SettingsLimit() string { return fill("settings.limit") }

// SettingsMotion is "Less motion".
func SettingsMotion() string { return fill("settings.motion") }

// SettingsMotionLine is "Messages do not slide in and dots do not move. If your desktop asks for it, it is so already.".
func SettingsMotionLine() string { return fill("settings.motion.line") }

// SettingsNotify is "Tell me of new messages".
func SettingsNotify() string { return fill("settings.notify") }

// SettingsNotifyLine is "While this window is behind others.".
func SettingsNotifyLine() string { return fill("settings.notify.line") }

// SettingsOldDo is "Remove".
func SettingsOldDo() string { return fill("settings.old.do") }

// SettingsOldLine is "{size} go from this computer for good. Who has a copy keeps it.".
func SettingsOldLine(size string) string { return fill("settings.old.line", "size", size) }

// SettingsOldTitle is "Remove {n:int} old files?".
func SettingsOldTitle(n int) string { return fill("settings.old.title", "n", n) }

// SettingsPassword is "Password for another computer".
func SettingsPassword() string { return fill("settings.password") }

// SettingsPasswordChange is "Change the password".
func SettingsPasswordChange() string { return fill("settings.password.change") }

// SettingsPasswordNew is "New password".
func SettingsPasswordNew() string { return fill("settings.password.new") }

// SettingsPasswordOld is "Password so far".
func SettingsPasswordOld() string { return fill("settings.password.old") }

// SettingsPasswordSet is "Set a password".
func SettingsPasswordSet() string { return fill("settings.password.set") }

// SettingsSaved is "Saved".
func SettingsSaved() string { return fill("settings.saved") }

// SettingsSeen is "Show others what I have read".
func SettingsSeen() string { return fill("settings.seen") }

// SettingsSeenLine is "In private rooms and direct messages. If this is off, you do not see it of others either.".
func SettingsSeenLine() string { return fill("settings.seen.line") }

// SettingsTheme is "Theme".
func SettingsTheme() string { return fill("settings.theme") }

// SettingsThemeDark is "Dark".
func SettingsThemeDark() string { return fill("settings.theme.dark") }

// SettingsThemeLight is "Light".
func SettingsThemeLight() string { return fill("settings.theme.light") }

// SettingsThemeSwitch is "Switch between light and dark".
func SettingsThemeSwitch() string { return fill("settings.theme.switch") }

// SettingsThemeSystem is "System".
func SettingsThemeSystem() string { return fill("settings.theme.system") }

// SettingsTotal is "All files together".
func SettingsTotal() string { return fill("settings.total") }

// SettingsTotalNone is "No limit".
func SettingsTotalNone() string { return fill("settings.total.none") }

// SettingsTotalSmall is "All files together must have room for two of the largest.".
func SettingsTotalSmall() string { return fill("settings.total.small") }

// SettingsTyping is "Show others when I am typing".
func SettingsTyping() string { return fill("settings.typing") }

// SettingsTypingLine is "Nobody learns what you write before you send it. If this is off, you do not see others typing either.".
func SettingsTypingLine() string { return fill("settings.typing.line") }

// SettingsVersion is "Version {version}".
func SettingsVersion(version string) string { return fill("settings.version", "version", version) }

// SettingsVersionCheck is "Tell me when a newer version is out".
func SettingsVersionCheck() string { return fill("settings.version.check") }

// SettingsVersionCheckLine is "Asks github.com once a day, which sees this computer's address. Snug installs nothing by itself.".
func SettingsVersionCheckLine() string { return fill("settings.version.check.line") }

// SettingsVersionManaged is "Version {version} is out; this is {running}. Its page has the package: install it as you did this one.".
func SettingsVersionManaged(version string, running string) string {
	return fill("settings.version.managed", "version", version, "running", running)
}

// SettingsVersionNewer is "Version {version} is out; this is {running}.".
func SettingsVersionNewer(version string, running string) string {
	return fill("settings.version.newer", "version", version, "running", running)
}

// SettingsVersionNews is "Snug {version} is out. Settings has more.".
func SettingsVersionNews(version string) string {
	return fill("settings.version.news", "version", version)
}

// SettingsVersionOpen is "Open its page".
func SettingsVersionOpen() string { return fill("settings.version.open") }

// SettingsZoom is "Text size".
func SettingsZoom() string { return fill("settings.zoom") }

// SettingsZoomPercent is "{n:int}%".
func SettingsZoomPercent(n int) string { return fill("settings.zoom.percent", "n", n) }

// StartDevice is "I use Snug on another computer".
func StartDevice() string { return fill("start.device") }

// StartForget is "Forget this place".
func StartForget() string { return fill("start.forget") }

// StartForgetAsk is "Forget {place}?".
func StartForgetAsk(place string) string { return fill("start.forget.ask", "place", place) }

// StartForgetLine is "Its messages and your way in are deleted from this computer. Files that you received stay. Others see no difference.".
func StartForgetLine() string { return fill("start.forget.line") }

// StartGraphicsNone is "Snug cannot draw its window: this computer offers no OpenGL. Install the driver of the graphics card's maker. Where there is none, as in some virtual computers, put Mesa's opengl32.dll beside snug.exe. To host without a window, use snugd.exe.".
func StartGraphicsNone() string { return fill("start.graphics.none") }

// StartGraphicsOld is "Snug cannot draw its window: it needs OpenGL 2, and this computer offers {version}. Install the driver of the graphics card's maker. Where there is none, as in some virtual computers, put Mesa's opengl32.dll beside snug.exe. To host without a window, use snugd.exe.".
func StartGraphicsOld(version string) string { return fill("start.graphics.old", "version", version) }

// StartHost is "Host a place".
func StartHost() string { return fill("start.host") }

// StartHostLine is "This computer keeps the rooms. You send friends a link.".
func StartHostLine() string { return fill("start.host.line") }

// StartJoin is "Join a place".
func StartJoin() string { return fill("start.join") }

// StartJoinLine is "Somebody sent you a link? Paste it here.".
func StartJoinLine() string { return fill("start.join.line") }

// StartLine is "Talk and share files with people you know. Nothing in between.".
func StartLine() string { return fill("start.line") }

// StartOpening is "Opening...".
func StartOpening() string { return fill("start.opening") }

// StartRecent is "Places you know".
func StartRecent() string { return fill("start.recent") }

// StartRecentHosted is "Hosted on this computer".
func StartRecentHosted() string { return fill("start.recent.hosted") }

// StartRecentJoined is "You are {name} there".
func StartRecentJoined(name string) string { return fill("start.recent.joined", "name", name) }

// StartTitle is "Welcome to Snug".
func StartTitle() string { return fill("start.title") }

// TimeAt is "at {clock}".
func TimeAt(clock string) string { return fill("time.at", "clock", clock) }

// TimeDayAt is "{day} at {clock}".
func TimeDayAt(day string, clock string) string {
	return fill("time.day.at", "day", day, "clock", clock)
}

// TimeDays is "{n:int} days".
func TimeDays(n int) string { return fill("time.days", "n", n) }

// TimeHours is "{n:int} h".
func TimeHours(n int) string { return fill("time.hours", "n", n) }

// TimeHoursMinutes is "{hours:int} h {minutes:int} min".
func TimeHoursMinutes(hours int, minutes int) string {
	return fill("time.hours.minutes", "hours", hours, "minutes", minutes)
}

// TimeMinutes is "{n:int} min".
func TimeMinutes(n int) string { return fill("time.minutes", "n", n) }

// TimeOn is "on {day}".
func TimeOn(day string) string { return fill("time.on", "day", day) }

// TimeSeconds is "{n:int} s".
func TimeSeconds(n int) string { return fill("time.seconds", "n", n) }

// TimeToday is "Today".
func TimeToday() string { return fill("time.today") }

// TimeTodayAt is "today at {clock}".
func TimeTodayAt(clock string) string { return fill("time.today.at", "clock", clock) }

// TimeYears is "{n:int} years".
func TimeYears(n int) string { return fill("time.years", "n", n) }

// TimeYesterday is "Yesterday".
func TimeYesterday() string { return fill("time.yesterday") }

// TimeYesterdayAt is "yesterday at {clock}".
func TimeYesterdayAt(clock string) string { return fill("time.yesterday.at", "clock", clock) }

// TrustHost is "The Lobby is the notice board: the host can read and keep it.".
func TrustHost() string { return fill("trust.host") }

// TrustMeta is "The host always sees who is here, when, and how much, never what you say in private.".
func TrustMeta() string { return fill("trust.meta") }

// TrustSealed is "Private rooms and direct messages: only the members can read them. Not the host, not us.".
func TrustSealed() string { return fill("trust.sealed") }

// UnitRate is "{size}/s".
func UnitRate(size string) string { return fill("unit.rate", "size", size) }

// UnlockAction is "Unlock".
func UnlockAction() string { return fill("unlock.action") }

// UnlockForgot is "Forgot it? Nobody can reset it, not even the host.".
func UnlockForgot() string { return fill("unlock.forgot") }

// UnlockKit is "Use recovery kit".
func UnlockKit() string { return fill("unlock.kit") }

// UnlockKitAction is "Start anew".
func UnlockKitAction() string { return fill("unlock.kit.action") }

// UnlockKitAside is "What was locked is in {folder} now.".
func UnlockKitAside(folder string) string { return fill("unlock.kit.aside", "folder", folder) }

// UnlockKitAsk is "Start anew with your recovery kit?".
func UnlockKitAsk() string { return fill("unlock.kit.ask") }

// UnlockKitLine is "What Snug keeps on this computer stays locked. It is not deleted: it is put aside, and opens again with the passphrase. A place that you host here stays locked with it.".
func UnlockKitLine() string { return fill("unlock.kit.line") }

// UnlockTitle is "Snug is locked".
func UnlockTitle() string { return fill("unlock.title") }

// UnlockWorking is "Unlocking...".
func UnlockWorking() string { return fill("unlock.working") }

// UnlockWrong is "This is not the passphrase.".
func UnlockWrong() string { return fill("unlock.wrong") }

// VerifyAction is "Verify".
func VerifyAction() string { return fill("verify.action") }

// VerifyAgain is "Verify again".
func VerifyAgain() string { return fill("verify.again") }

// VerifyAnswerLine is "Seven pictures appear on both screens in a moment.".
func VerifyAnswerLine() string { return fill("verify.answer.line") }

// VerifyAsks is "{name} wants to compare pictures with you. Call or meet {name} for it.".
func VerifyAsks(name string) string { return fill("verify.asks", "name", name) }

// VerifyAsksNews is "{name} wants to compare pictures with you".
func VerifyAsksNews(name string) string { return fill("verify.asks.news", "name", name) }

// VerifyAsksNo is "Not now".
func VerifyAsksNo() string { return fill("verify.asks.no") }

// VerifyAsksYes is "Compare".
func VerifyAsksYes() string { return fill("verify.asks.yes") }

// VerifyDiffer is "They don't match".
func VerifyDiffer() string { return fill("verify.differ") }

// VerifyDifferLine is "Then someone may be in between. I stopped private messages with {name}.".
func VerifyDifferLine(name string) string { return fill("verify.differ.line", "name", name) }

// VerifyDifferTitle is "They don't match".
func VerifyDifferTitle() string { return fill("verify.differ.title") }

// VerifyDone is "Verified".
func VerifyDone() string { return fill("verify.done") }

// VerifyDoneLine is "Nobody is between you and {name}. If {name}'s keys ever change, I stop and ask you.".
func VerifyDoneLine(name string) string { return fill("verify.done.line", "name", name) }

// VerifyDoneTitle is "{name} is verified".
func VerifyDoneTitle(name string) string { return fill("verify.done.title", "name", name) }

// VerifyDoubtKeys is "Keys changed since you verified {name}".
func VerifyDoubtKeys(name string) string { return fill("verify.doubt.keys", "name", name) }

// VerifyDoubtMatch is "The pictures did not match".
func VerifyDoubtMatch() string { return fill("verify.doubt.match") }

// VerifyEndLate is "It took too long. Nothing has changed.".
func VerifyEndLate() string { return fill("verify.end.late") }

// VerifyEndLine is "{name} was not ready, or stopped. Nothing has changed.".
func VerifyEndLine(name string) string { return fill("verify.end.line", "name", name) }

// VerifyEndTitle is "Not compared".
func VerifyEndTitle() string { return fill("verify.end.title") }

// VerifyLook is "Call or meet {name}. Do you both see the same seven, in the same order?".
func VerifyLook(name string) string { return fill("verify.look", "name", name) }

// VerifyMatch is "They match".
func VerifyMatch() string { return fill("verify.match") }

// VerifyNumber is "Safety number of you and {name}. Both screens show the same one.".
func VerifyNumber(name string) string { return fill("verify.number", "name", name) }

// VerifyNumberSame is "They are the same".
func VerifyNumberSame() string { return fill("verify.number.same") }

// VerifySaidLine is "You said that they match. {name} has to press the same button.".
func VerifySaidLine(name string) string { return fill("verify.said.line", "name", name) }

// VerifySaidTitle is "Waiting for {name} to say the same".
func VerifySaidTitle(name string) string { return fill("verify.said.title", "name", name) }

// VerifyTell is "Tell the host".
func VerifyTell() string { return fill("verify.tell") }

// VerifyTellDraft is "{name} and I compared the seven pictures, and they differ. Do you know why?".
func VerifyTellDraft(name string) string { return fill("verify.tell.draft", "name", name) }

// VerifyWaitAway is "{name} is not here right now, and can answer for ten minutes. Or compare the number under Details, whenever you talk.".
func VerifyWaitAway(name string) string { return fill("verify.wait.away", "name", name) }

// VerifyWaitLine is "{name} was asked on the other screen. Call or meet {name} meanwhile: the comparison is worth something only if you hear or see each other.".
func VerifyWaitLine(name string) string { return fill("verify.wait.line", "name", name) }

// VerifyWaitTitle is "Waiting for {name}".
func VerifyWaitTitle(name string) string { return fill("verify.wait.title", "name", name) }

// ViewLarger is "Larger".
func ViewLarger() string { return fill("view.larger") }

// ViewLoading is "Loading...".
func ViewLoading() string { return fill("view.loading") }

// ViewNot is "This picture cannot be shown.".
func ViewNot() string { return fill("view.not") }

// ViewSmaller is "Smaller".
func ViewSmaller() string { return fill("view.smaller") }

// WordAnd is "{name} and {other}".
func WordAnd(name string, other string) string { return fill("word.and", "name", name, "other", other) }

// WordAndMore is "{names} and {n:int} more".
func WordAndMore(names string, n int) string { return fill("word.and.more", "names", names, "n", n) }

// WordBack is "Back".
func WordBack() string { return fill("word.back") }

// WordCancel is "Cancel".
func WordCancel() string { return fill("word.cancel") }

// WordClose is "Close".
func WordClose() string { return fill("word.close") }

// WordContinue is "Continue".
func WordContinue() string { return fill("word.continue") }

// WordCopied is "Copied".
func WordCopied() string { return fill("word.copied") }

// WordCopy is "Copy".
func WordCopy() string { return fill("word.copy") }

// WordDetails is "Details".
func WordDetails() string { return fill("word.details") }

// WordDone is "Done".
func WordDone() string { return fill("word.done") }

// WordList is "{name}, {other}".
func WordList(name string, other string) string {
	return fill("word.list", "name", name, "other", other)
}

// WordLoading is "Reading...".
func WordLoading() string { return fill("word.loading") }

// WordMore is "More".
func WordMore() string { return fill("word.more") }

// WordOpen is "Open".
func WordOpen() string { return fill("word.open") }

// WordRefresh is "Look again".
func WordRefresh() string { return fill("word.refresh") }

// WordRemove is "Remove".
func WordRemove() string { return fill("word.remove") }

// WordRetry is "Try again".
func WordRetry() string { return fill("word.retry") }

// WordSave is "Save".
func WordSave() string { return fill("word.save") }

// WordSettings is "Settings".
func WordSettings() string { return fill("word.settings") }

// WordSomebody is "Somebody".
func WordSomebody() string { return fill("word.somebody") }

// WordYou is "You".
func WordYou() string { return fill("word.you") }

// WordYouWhom is "you".
func WordYouWhom() string { return fill("word.you.whom") }
