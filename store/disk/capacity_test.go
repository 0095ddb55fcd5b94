package disk

import (
	"path/filepath"
	"strings"
	"testing"

	"brink/conf"
)

// A tier that is larger than its file system is warned of, also before its directory is made.
func TestSizeWarning(t *testing.T) {
	path := filepath.Join(t.TempDir(), "not", "made")
	if w := SizeWarning(&conf.Disk{Path: path, Size: 1 << 20}); w != "" {
		t.Error(w)
	}
	if w := SizeWarning(&conf.Disk{Path: path, Size: 1 << 60}); !strings.Contains(w, "the size of the disk block is 1073741824.0 GiB") {
		t.Error(w)
	}
}
