package csv_test

import (
	"encoding/json"
	"fmt"
	"log"
	"strings"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/data/csv"
)

// A table becomes a training part, normalised by itself, and batches of it.
func Example() {
	set, _, err := csv.ReadFile("../testdata/iris.csv", csv.Options{Target: "species"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(set.X.Shape(), set.Classes)

	parts, err := data.SplitStratified(set.Labels(), 1, data.Fractions{Train: 0.6, Validation: 0.2, Test: 0.2})
	if err != nil {
		log.Fatal(err)
	}
	normalizer, err := data.Fit(set.X, parts.Train, data.Standardise, data.PerFeature)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(parts.Train), len(parts.Validation), len(parts.Test), normalizer.Features())

	sampler, err := data.SamplerByName("shuffle", len(parts.Train), 32, 1)
	if err != nil {
		log.Fatal(err)
	}
	for step, batch := range data.Epoch(data.Over(sampler, parts.Train), 0) {
		fmt.Println("step", step, "takes", len(batch))
	}
	// Output:
	// [150 4] [setosa versicolor virginica]
	// 90 30 30 4
	// step 0 takes 32
	// step 1 takes 32
	// step 2 takes 26
}

// The schema is kept with a model and turns later tables into the same features.
func ExampleSchema() {
	training := "size,colour,price\n10,red,1.5\n2,blue,3\n"
	_, schema, err := csv.Read(strings.NewReader(training), csv.Options{Target: "price"})
	if err != nil {
		log.Fatal(err)
	}
	kept, err := json.Marshal(schema)
	if err != nil {
		log.Fatal(err)
	}

	var restored csv.Schema
	if err := json.Unmarshal(kept, &restored); err != nil {
		log.Fatal(err)
	}
	set, err := csv.Apply(&restored, strings.NewReader("colour;size\nblue;7\n"), csv.Format{Name: "new.csv"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(set.Features, set.X.Float64s())
	_, err = csv.Apply(&restored, strings.NewReader("colour;size\nbleu;7\n"), csv.Format{Name: "new.csv"})
	fmt.Println(err)
	// Output:
	// [size colour=blue colour=red] [7 1 0]
	// new.csv:2: column "colour": the category "bleu" was not among those trained on; did you mean "blue"?
}
