package meter

// class is the first digit of a status code. classNone is for a connection that was
// closed without an answer, and for codes outside 100 to 599.
type class uint8

const (
	classNone class = iota
	class1xx
	class2xx
	class3xx
	class4xx
	class5xx
	classCount
)

var classes = [classCount]string{"none", "1xx", "2xx", "3xx", "4xx", "5xx"}

func (c class) String() string { return classes[c] }

func classOf(status int) class {
	if status < 100 || status > 599 {
		return classNone
	}
	return class(status / 100)
}
