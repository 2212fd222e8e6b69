package cluster

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// shown is a page: its token, how it begins, how many objects it has.
type shown struct {
	token, begin string
	objects      int
}

func TestCourse(t *testing.T) {
	t.Parallel()
	repeated := func(n int, begin string, objects int) []shown {
		var pages []shown
		for i := range n {
			pages = append(pages, shown{fmt.Sprint("t", i), begin, objects})
		}
		return pages
	}
	for name, test := range map[string]struct {
		pages []shown
		limit int
		want  string
	}{
		"ends":             {pages: []shown{{"a", "x", 2}, {"b", "y", 2}, {"", "z", 1}}},
		"a page repeated":  {pages: []shown{{"a", "x", 2}, {"b", "x", 2}, {"c", "y", 2}, {"", "z", 1}}},
		"an empty page":    {pages: []shown{{"a", "x", 2}, {"b", "", 0}, {"", "z", 1}}},
		"as many as may":   {pages: repeated(stalePages+1, "x", 2)},
		"the same token":   {pages: []shown{{"a", "x", 2}, {"a", "y", 2}}, want: "the server gave the same continue token twice"},
		"tokens in a ring": {pages: []shown{{"a", "x", 2}, {"b", "y", 2}, {"a", "z", 2}}, want: "the server gave the same continue token twice"},
		"always the same":  {pages: repeated(stalePages+2, "x", 2), want: "9 of its pages brought nothing new"},
		"always empty":     {pages: repeated(stalePages+1, "", 0), want: "9 of its pages brought nothing new"},
		"always new":       {pages: []shown{{"a", "x", 2}, {"b", "y", 2}}, limit: 3, want: "it has more than 3 objects"},
		"never more":       {pages: []shown{{"a", "x", 2}, {"", "y", 2}}, limit: 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCourse("pods")
			if test.limit > 0 {
				c.limit = test.limit
			}
			var err error
			for _, page := range test.pages {
				if err == nil {
					err = c.follow(page.token, page.begin, page.objects)
				}
			}
			got, want := "", ""
			if err != nil {
				got = err.Error()
			}
			if test.want != "" {
				want = "the list of pods does not end: " + test.want + "; --chunk-size=0 asks for it as a whole"
			}
			if got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestWhole(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer runtime.Object
		want   string
	}{
		"list":           {answer: &corev1.PodList{ListMeta: metav1.ListMeta{ResourceVersion: "1"}}},
		"hollow list":    {answer: &corev1.PodList{}, want: "the answer is no list: it has no resourceVersion"},
		"object":         {answer: &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "shop"}}},
		"hollow object":  {answer: &corev1.Namespace{}, want: `the answer is another object: "" instead of "shop"`},
		"another object": {answer: &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "zoo"}}, want: `the answer is another object: "zoo" instead of "shop"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ""
			if err := whole(test.answer, "shop"); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
