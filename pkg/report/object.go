package report

import (
	"slices"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// DeepCopyObject makes the report a runtime.Object, which is all that kubectl's own printers (json, yaml,
// jsonpath, go-template) ask of it. A report is built once and only read, so that the copy shares the items.
func (r *CheckReport) DeepCopyObject() runtime.Object {
	c := *r
	c.Items = slices.Clone(r.Items)
	c.Gaps = slices.Clone(r.Gaps)
	return &c
}

// GetObjectKind returns the report's kind and version.
func (r *CheckReport) GetObjectKind() schema.ObjectKind { return &r.TypeMeta }

// DeepCopyObject makes the plan a runtime.Object; the copy shares the items.
func (p *LabelPlan) DeepCopyObject() runtime.Object {
	c := *p
	c.Items = slices.Clone(p.Items)
	c.Gaps = slices.Clone(p.Gaps)
	return &c
}

// GetObjectKind returns the plan's kind and version.
func (p *LabelPlan) GetObjectKind() schema.ObjectKind { return &p.TypeMeta }

// DeepCopyObject makes the report a runtime.Object; the copy shares the items.
func (r *BlockedReport) DeepCopyObject() runtime.Object {
	c := *r
	c.Items = slices.Clone(r.Items)
	c.Gaps = slices.Clone(r.Gaps)
	return &c
}

// GetObjectKind returns the report's kind and version.
func (r *BlockedReport) GetObjectKind() schema.ObjectKind { return &r.TypeMeta }

// DeepCopyObject makes the list a runtime.Object; the copy shares the items.
func (l *RunList) DeepCopyObject() runtime.Object {
	c := *l
	c.Items = slices.Clone(l.Items)
	return &c
}

// GetObjectKind returns the list's kind and version.
func (l *RunList) GetObjectKind() schema.ObjectKind { return &l.TypeMeta }

// DeepCopyObject makes the list a runtime.Object; the copy shares the items.
func (l *PSPList) DeepCopyObject() runtime.Object {
	c := *l
	c.Items, c.Gaps = slices.Clone(l.Items), slices.Clone(l.Gaps)
	return &c
}

// GetObjectKind returns the list's kind and version.
func (l *PSPList) GetObjectKind() schema.ObjectKind { return &l.TypeMeta }

// DeepCopyObject makes the check a runtime.Object; the copy shares the items.
func (c *PSPCheck) DeepCopyObject() runtime.Object {
	copied := *c
	copied.Items, copied.Gaps = slices.Clone(c.Items), slices.Clone(c.Gaps)
	return &copied
}

// GetObjectKind returns the check's kind and version.
func (c *PSPCheck) GetObjectKind() schema.ObjectKind { return &c.TypeMeta }

// DeepCopyObject makes the plan a runtime.Object; the copy shares the items.
func (p *MigrationPlan) DeepCopyObject() runtime.Object {
	c := *p
	c.Items, c.Gaps = slices.Clone(p.Items), slices.Clone(p.Gaps)
	return &c
}

// GetObjectKind returns the plan's kind and version.
func (p *MigrationPlan) GetObjectKind() schema.ObjectKind { return &p.TypeMeta }

// DeepCopyObject makes the report a runtime.Object; the copy shares the items.
func (r *AccessReport) DeepCopyObject() runtime.Object {
	c := *r
	c.Items, c.Gaps = slices.Clone(r.Items), slices.Clone(r.Gaps)
	return &c
}

// GetObjectKind returns the report's kind and version.
func (r *AccessReport) GetObjectKind() schema.ObjectKind { return &r.TypeMeta }
