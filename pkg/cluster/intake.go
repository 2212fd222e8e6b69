package cluster

import (
	"context"
	"reflect"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
)

const (
	// batchItems is how many items of a page are decoded and handed on at once, while the rest of it is on its way. A page
	// as a whole would be held three times: as it came, decoded, and as the one before that is being worked on.
	batchItems = 50
	// batchBytes hands on earlier where objects are big.
	batchBytes = 512 << 10
)

// decodable is what every list of the API can do, its protobuf being generated.
type decodable interface{ Unmarshal(data []byte) error }

// batcher takes the items of a list out of its body, some at a time, while it arrives.
type batcher struct {
	kind string // of the list, as its envelope names it
	most int    // items
	list func() runtime.Object
	take func(runtime.Object) error
}

// expects says whether an envelope, as far as it came, is that of the list.
func (b *batcher) expects(envelope []byte) bool {
	var unknown runtime.Unknown
	return unknown.Unmarshal(envelope) == nil && unknown.Kind == b.kind && unknown.ContentEncoding == ""
}

// hand decodes n items, fields of a list, and hands them on. understood is false where they cannot be decoded.
func (b *batcher) hand(data []byte, n int) (understood bool, err error) {
	list := b.list()
	if items, err := meta.GetItemsPtr(list); err == nil { // room for all, as decoding would find it by doubling
		room := reflect.ValueOf(items).Elem()
		room.Set(reflect.MakeSlice(room.Type(), 0, n))
	}
	into, ok := list.(decodable)
	if !ok || into.Unmarshal(data) != nil {
		return false, nil
	}
	return true, b.take(list)
}

// intake sends on what comes of a list, each object of a page once: a page that breaks off is asked for again.
type intake struct {
	to     chan<- runtime.Object
	handed map[identity]struct{}
	begin  string
}

// identity tells the objects of one list apart.
type identity struct {
	types.NamespacedName
	uid types.UID
}

// next forgets a page once it is complete.
func (i *intake) next() {
	clear(i.handed)
	i.begin = ""
}

// send hands on what of a list is new.
func (i *intake) send(ctx context.Context, list runtime.Object) error {
	if err := i.fresh(list); err != nil {
		return err
	}
	select {
	case i.to <- list:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// fresh takes out of a list what of its page was handed on before.
func (i *intake) fresh(list runtime.Object) error {
	again, items := false, []runtime.Object(nil)
	note := func(obj runtime.Object, m metav1.Object) {
		id := identity{types.NamespacedName{Namespace: m.GetNamespace(), Name: m.GetName()}, m.GetUID()}
		if len(i.handed) == 0 {
			i.begin = id.Namespace + "/" + id.Name
		}
		if _, ok := i.handed[id]; ok {
			again = true
			return
		}
		i.handed[id] = struct{}{}
		items = append(items, obj)
	}
	err := meta.EachListItem(list, func(obj runtime.Object) error {
		m, err := meta.Accessor(obj)
		if err == nil {
			note(obj, m)
		}
		return err
	})
	if err != nil || !again {
		return err
	}
	return meta.SetList(list, items)
}
