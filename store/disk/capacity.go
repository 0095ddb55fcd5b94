package disk

import (
	"path/filepath"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Capacity returns how many bytes the file system has on which path is, or would be made.
func Capacity(path string) (int64, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return 0, err
	}
	for {
		usage, err := vfs.Default.GetDiskUsage(path)
		if err == nil {
			return int64(usage.TotalBytes), nil
		}
		up := filepath.Dir(path)
		if up == path {
			return 0, err
		}
		path = up
	}
}
