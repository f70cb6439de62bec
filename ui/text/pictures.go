package text

// Pictures is how many pictures there are to compare.
const Pictures = 64

// Picture is the name of a picture by which two people compare, from its index in
// crypto/verify, below Pictures: "Dog". Pictures look a little different on each
// computer, so both read the names aloud.
func Picture(i int) string {
	return [Pictures]func() string{
		PictureDog, PictureCat, PictureLion, PictureHorse, PictureUnicorn, PicturePig,
		PictureElephant, PictureRabbit, PicturePanda, PictureRooster, PicturePenguin, PictureTurtle,
		PictureFish, PictureOctopus, PictureButterfly, PictureFlower, PictureTree, PictureCactus,
		PictureMushroom, PictureGlobe, PictureMoon, PictureCloud, PictureFire, PictureBanana,
		PictureApple, PictureStrawberry, PictureCorn, PicturePizza, PictureCake, PictureHeart,
		PictureSmiley, PictureRobot, PictureHat, PictureGlasses, PictureSpanner, PictureSanta,
		PictureThumbsUp, PictureUmbrella, PictureHourglass, PictureClock, PictureGift, PictureLightBulb,
		PictureBook, PicturePencil, PicturePaperclip, PictureScissors, PictureLock, PictureKey,
		PictureHammer, PictureTelephone, PictureFlag, PictureTrain, PictureBicycle, PictureAeroplane,
		PictureRocket, PictureTrophy, PictureBall, PictureGuitar, PictureTrumpet, PictureBell,
		PictureAnchor, PictureHeadphones, PictureFolder, PicturePin,
	}[i]()
}
