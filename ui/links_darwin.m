// Apple events with links (Info.plist: CFBundleURLTypes). See links_darwin.go.
#import <AppKit/AppKit.h>
#include "_cgo_export.h"

@interface SnugLinks : NSObject
@end

@implementation SnugLinks

- (void)ready:(NSNotification *)note {
	[[NSAppleEventManager sharedAppleEventManager] setEventHandler:self
	                                                    andSelector:@selector(open:reply:)
	                                                  forEventClass:kInternetEventClass
	                                                     andEventID:kAEGetURL];
}

- (void)open:(NSAppleEventDescriptor *)event reply:(NSAppleEventDescriptor *)reply {
	const char *link = [[[event paramDescriptorForKeyword:keyDirectObject] stringValue] UTF8String];
	if (link != NULL) {
		snugLinkClicked((char *)link);
	}
}

@end

void snugWatchLinks(void) {
	static SnugLinks *links; // kept for the life of the program
	links = [SnugLinks new];
	if ([[NSRunningApplication currentApplication] isFinishedLaunching]) {
		[links ready:nil]; // the moment below has passed
		return;
	}
	// A program that was started for a link gets its event while it finishes
	// launching; AppKit asks for handlers to be set in this moment, not before.
	[[NSNotificationCenter defaultCenter] addObserver:links
	                                         selector:@selector(ready:)
	                                             name:NSApplicationWillFinishLaunchingNotification
	                                           object:nil];
}
