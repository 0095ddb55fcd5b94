package store

import (
	"reflect"
	"testing"

	"brink/edge/wire"
	"brink/purge"
)

// Clone copies every exported field, and nothing of what the store knows about the
// object.
func TestClone(t *testing.T) {
	o := &Object{
		Key: Key{1, 2}, Primary: Key{3, 4}, Text: "text", Head: wire.Head{Status: 200, Block: []byte("HTTP/1.1 200 OK\r\n")},
		Lifetime: Lifetime{Born: 1, Flags: Immutable}, Selector: Selector{"accept"}, Variants: &Variants{},
		Site: purge.ID{Hi: 1}, Tags: []purge.ID{{Hi: 2}}, Stamp: 5, Length: 3, Body: [][]byte{[]byte("abc")},
		Partial: &Partial{First: 1, Whole: 9}, Admission: AdmitAlways,
	}
	o.SetLocation(&Location{Runs: []uint64{1}})
	o.demoted.Store(true)
	o.checked.Store(1)
	o.proven.Store(1)
	o.hits.Store(1)
	o.fileCopy.Store(new(fileCopy))
	c := o.Clone()
	from, to := reflect.ValueOf(o).Elem(), reflect.ValueOf(c).Elem()
	for i := range from.NumField() {
		switch field := from.Type().Field(i); {
		case from.Field(i).IsZero():
			t.Errorf("the test does not set %s", field.Name)
		case field.IsExported() && !reflect.DeepEqual(from.Field(i).Interface(), to.Field(i).Interface()):
			t.Errorf("%s is not copied", field.Name)
		case !field.IsExported() && !to.Field(i).IsZero():
			t.Errorf("%s is copied", field.Name)
		}
	}
}

func TestLifetimeSourceString(t *testing.T) {
	for s, want := range map[LifetimeSource]string{FromNothing: "nothing", FromRuleNegative: "negative_ttl rule", FromRuleNegative + 1: "source 9"} {
		if got := s.String(); got != want {
			t.Errorf("%d: %s", s, got)
		}
	}
}
