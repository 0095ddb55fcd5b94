package conf

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

const (
	maxFile = 4 << 20  // of one conf file
	maxSet  = 64 << 20 // of all files of a directory
)

// Load reads a conf file, or the files of a directory in the order of their names. It
// reads files whose names end in .hcl and do not begin with a dot, and does not look into
// folders. The error is of type Errors.
func Load(path string) (*Config, error) {
	names, err := filesOf(path)
	if err != nil {
		return nil, Errors{{File: path, Summary: reason(err)}}
	}
	var (
		sources []*source
		bad     Errors
		sum     int
	)
	for i, name := range names {
		text, err := readFile(name, maxFile)
		if sum += len(text); err == nil && sum > maxSet {
			return nil, Errors{{File: path, Summary: fmt.Sprintf("the files are longer than %s together", formatSize(maxSet))}}
		}
		if err != nil {
			bad = append(bad, Diagnostic{File: name, Summary: reason(err)})
			continue
		}
		sources = append(sources, &source{name: name, dir: filepath.Dir(name), text: text, index: i})
	}
	if bad != nil {
		return nil, bad
	}
	return build(sources)
}

// Parse reads the text of one conf file. The file called name need not exist; file names
// in the text are relative to its folder. The error is of type Errors.
func Parse(name string, src []byte) (*Config, error) {
	if len(src) > maxFile {
		return nil, Errors{{File: name, Summary: errLong(maxFile).Error()}}
	}
	return build([]*source{{name: name, dir: filepath.Dir(name), text: src}})
}

func filesOf(path string) ([]string, error) {
	about, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !about.IsDir() {
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path) // sorted
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".hcl") && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, filepath.Join(path, e.Name()))
		}
	}
	if names == nil {
		return nil, errors.New("the directory holds no *.hcl file")
	}
	return names, nil
}

// readFile reads a regular file of at most most bytes. It does not open a pipe or a
// device, as that could block for ever.
func readFile(name string, most int64) ([]byte, error) {
	about, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case !about.Mode().IsRegular():
		return nil, errors.New("not a regular file")
	case about.Size() > most:
		return nil, errLong(most)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(text)) > most:
		return nil, errLong(most)
	case int64(len(text)) < about.Size():
		return nil, errors.New("it became shorter while it was read")
	}
	return text, nil
}

func errLong(most int64) error {
	return fmt.Errorf("the file is longer than %s", formatSize(Size(most)))
}
