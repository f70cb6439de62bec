package verify

// Pictures is how many pictures there are: six bits each.
const Pictures = 64

// Picture returns the emoji of an index below Pictures, and its English name, by
// which it is read aloud and translated: fonts draw emoji differently.
func Picture(i int) (emoji, name string) {
	p := pictures()[i]
	return p[0], p[1]
}

// pictures are those of m.sas.v1 (Matrix Client-Server API), in its order: chosen
// to be told apart by eye and by word.
func pictures() *[Pictures][2]string {
	return &[Pictures][2]string{
		{"🐶", "Dog"},
		{"🐱", "Cat"},
		{"🦁", "Lion"},
		{"🐎", "Horse"},
		{"🦄", "Unicorn"},
		{"🐷", "Pig"},
		{"🐘", "Elephant"},
		{"🐰", "Rabbit"},
		{"🐼", "Panda"},
		{"🐓", "Rooster"},
		{"🐧", "Penguin"},
		{"🐢", "Turtle"},
		{"🐟", "Fish"},
		{"🐙", "Octopus"},
		{"🦋", "Butterfly"},
		{"🌷", "Flower"},
		{"🌳", "Tree"},
		{"🌵", "Cactus"},
		{"🍄", "Mushroom"},
		{"🌏", "Globe"},
		{"🌙", "Moon"},
		{"☁️", "Cloud"},
		{"🔥", "Fire"},
		{"🍌", "Banana"},
		{"🍎", "Apple"},
		{"🍓", "Strawberry"},
		{"🌽", "Corn"},
		{"🍕", "Pizza"},
		{"🎂", "Cake"},
		{"❤️", "Heart"},
		{"😀", "Smiley"},
		{"🤖", "Robot"},
		{"🎩", "Hat"},
		{"👓", "Glasses"},
		{"🔧", "Spanner"},
		{"🎅", "Santa"},
		{"👍", "Thumbs Up"},
		{"☂️", "Umbrella"},
		{"⌛", "Hourglass"},
		{"⏰", "Clock"},
		{"🎁", "Gift"},
		{"💡", "Light Bulb"},
		{"📕", "Book"},
		{"✏️", "Pencil"},
		{"📎", "Paperclip"},
		{"✂️", "Scissors"},
		{"🔒", "Lock"},
		{"🔑", "Key"},
		{"🔨", "Hammer"},
		{"☎️", "Telephone"},
		{"🏁", "Flag"},
		{"🚂", "Train"},
		{"🚲", "Bicycle"},
		{"✈️", "Aeroplane"},
		{"🚀", "Rocket"},
		{"🏆", "Trophy"},
		{"⚽", "Ball"},
		{"🎸", "Guitar"},
		{"🎺", "Trumpet"},
		{"🔔", "Bell"},
		{"⚓", "Anchor"},
		{"🎧", "Headphones"},
		{"📁", "Folder"},
		{"📌", "Pin"},
	}
}
