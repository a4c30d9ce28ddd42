package apidoc

import "slices"

// objects returns the schemas that a group's operations name, and those that these
// name, in the order of their names.
func (p Props) objects(g Group) []Schema {
	byName := make(map[string]Schema, len(p.Schemas))
	for _, s := range p.Schemas {
		byName[s.Name] = s
	}
	named := make(map[string]bool)
	var add func(t Type)
	add = func(t Type) {
		s, known := byName[t.Ref]
		if !known || named[t.Ref] {
			return
		}
		named[t.Ref] = true
		for _, f := range s.Fields {
			add(f.Type)
		}
	}
	for _, op := range g.Operations {
		add(op.BodyType)
		for _, f := range slices.Concat(op.Parameters, op.Body) {
			add(f.Type)
		}
		for _, a := range op.Answers {
			add(a.Type)
		}
	}
	return slices.DeleteFunc(slices.Clone(p.Schemas), func(s Schema) bool { return !named[s.Name] })
}
