package engine

// End is how much of a connection the client has ended.
type End uint8

const (
	EndNone    End = iota
	EndSending     // FIN: it sends no more, and may have closed
	EndAll         // a reset, or both sides have ended
)
