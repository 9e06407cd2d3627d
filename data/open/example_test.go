package open_test

import (
	"fmt"
	"log"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/data/open"
)

// A data set by its kind, split, and the schema kept for what comes later.
func Example() {
	kind, err := open.Lookup("iris")
	if err != nil {
		log.Fatal(err)
	}
	d, err := kind.New().Open(open.Options{})
	if err != nil {
		log.Fatal(err)
	}
	parts, err := d.Train.Split(1, data.Fractions{Train: 0.8, Test: 0.2}, true)
	if err != nil {
		log.Fatal(err)
	}
	if err := d.Fit(parts.Train); err != nil {
		log.Fatal(err)
	}
	fmt.Println(d.Train.X.Shape(), len(parts.Train), len(parts.Test), d.Train.Classes)

	kept, err := open.MarshalSchema(d.Schema)
	if err != nil {
		log.Fatal(err)
	}
	schema, err := open.UnmarshalSchema(kept)
	if err != nil {
		log.Fatal(err)
	}
	rows, err := schema.Read("../testdata/iris.csv", open.ReadOptions{Predict: true})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(rows.Set.Len(), "to predict from")
	// Output:
	// [150 4] 120 30 [setosa versicolor virginica]
	// 150 to predict from
}
