// Package cameraname shows what people call a camera, wherever a page would show its
// id.
//
// It promises that the id stays at hand, in a tooltip or behind the name, and that a
// camera without a name is called by its id. The context of a page or a live fragment
// has the names. It refuses to know which cameras a principal may see: a page shows no
// others.
package cameraname
