package attack

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

// width is how many tests run at a time. They wait far more than they work.
const width = "32"

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", width); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
