package disk

import (
	"fmt"
	"path/filepath"

	"github.com/cockroachdb/pebble/v2/vfs"

	"brink/conf"
)

// SizeWarning returns a warning if a tier may become larger than its file system, and ""
// otherwise, also if the size of the file system is not known.
func SizeWarning(c *conf.Disk) string {
	has, err := capacity(c.Path)
	if err != nil || int64(c.Size) <= has {
		return ""
	}
	return fmt.Sprintf("the size of the disk block is %s, and the file system of %s has %s: brink will write until that is full",
		c.Size.Rounded(), c.Path, conf.Size(has).Rounded())
}

// capacity returns how many bytes the file system has on which path is, or would be made.
func capacity(path string) (int64, error) {
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
