package shipped

import (
	_ "embed"

	"github.com/godescent/descent/data/mnist"
)

// Strings, since their bytes cannot change and are not copied.
var (
	//go:embed iris.csv
	irisCSV string
	//go:embed wine_data.csv
	wineCSV string
	//go:embed breast_cancer.csv
	breastCancerCSV string
	//go:embed diabetes_data_raw.csv.gz
	diabetesData string
	//go:embed diabetes_target.csv.gz
	diabetesTarget string
	//go:embed digits.csv.gz
	digitsCSV string
	//go:embed austen.txt.gz
	austenText string
)

// All is every collection, the smallest tables first.
func All() []Collection {
	return []Collection{
		{
			Name: "iris", Title: "flowers of three species by four lengths", Task: Classification, Size: 150,
			Origin:  "R. A. Fisher, The use of multiple measurements in taxonomic problems, Annals of Eugenics 7 (1936) 179-188; file of scikit-learn 1.9.1",
			Licence: "public domain",
			Files:   []File{{"iris.csv", "f13ffa8fdd56fd8e6c8d16d4081a3fbd3114bcd0aae4256c43205169cd9d1449", irisCSV}},
			load: classTable([]string{"sepal_length", "sepal_width", "petal_length", "petal_width"},
				[]string{"setosa", "versicolor", "virginica"}, "species"),
		},
		{
			Name: "wine", Title: "wines of three growers by thirteen measurements", Task: Classification, Size: 178,
			Origin:  "M. Forina et al., PARVUS, Genoa 1988, through the UCI Machine Learning Repository; file of scikit-learn 1.9.1",
			Licence: "CC BY 4.0",
			Files:   []File{{"wine_data.csv", "10e8a802908b34f86e5da8ce962f3c806694bc98450a18f61851af59f324bede", wineCSV}},
			load:    classTable(wineFeatures(), []string{"class_0", "class_1", "class_2"}, "grower"),
		},
		{
			Name: "breast_cancer", Title: "cell samples, malignant or benign, by thirty measurements", Task: Classification, Size: 569,
			Origin: "W. N. Street, W. H. Wolberg, O. L. Mangasarian, Nuclear feature extraction for breast tumor diagnosis, SPIE 1905 (1993) 861-870," +
				" through the UCI Machine Learning Repository; file of scikit-learn 1.9.1",
			Licence: "CC BY 4.0",
			Files:   []File{{"breast_cancer.csv", "fed3eb72d0575ef6192293f5093c6e801b1476b577d0386bf4455504522172ed", breastCancerCSV}},
			load:    classTable(breastCancerFeatures(), []string{"malignant", "benign"}, "diagnosis"),
		},
		{
			Name: "diabetes", Title: "progression of a disease after a year from ten measurements", Task: Regression, Size: 442,
			Origin:  "B. Efron, T. Hastie, I. Johnstone, R. Tibshirani, Least Angle Regression, Annals of Statistics 32 (2004) 407-499; files of scikit-learn 1.9.1",
			Licence: "published with the paper; files under BSD 3-clause",
			Files: []File{
				{"diabetes_data_raw.csv.gz", "7fc0ded571454b1982210d3bb43f0aca44eae01a0b8654a3b24022bdb6b38009", diabetesData},
				{"diabetes_target.csv.gz", "8e53f65eb811df43c206f3534bb3af0e5fed213bc37ed6ba36310157d6023803", diabetesTarget},
			},
			load: loadDiabetes,
		},
		{
			Name: "digits", Title: "handwritten digits of 8 by 8 pixels", Task: Classification, Size: 1797,
			Origin:  "E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository (1998), the test part; file of scikit-learn 1.9.1",
			Licence: "CC BY 4.0",
			Files:   []File{{"digits.csv.gz", "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22", digitsCSV}},
			load:    loadDigits,
		},
		{
			Name: "mnist", Title: "handwritten digits of 28 by 28 pixels, with 10,000 to test with", Task: Classification, Size: 60000,
			Origin:  "Y. LeCun, C. Cortes, C. J. C. Burges, The MNIST database of handwritten digits, from NIST Special Databases 1 and 3",
			Licence: "CC BY-SA 3.0",
			Files:   mnistFiles(),
			load:    loadMNIST,
		},
		{
			Name: "austen", Title: "Pride and Prejudice and Emma by Jane Austen", Task: Text, Size: 1567799,
			Origin:  "Project Gutenberg's texts without its notices, through the R package janeaustenr 1.0.0 by Julia Silge",
			Licence: "public domain",
			Files:   []File{{"austen.txt.gz", "48909fc6f3b45b5f09f3c5401b5ef98daab2f0d28839e55d025c12966fdca70f", austenText}},
		},
	}
}

func mnistFiles() []File {
	var files []File
	for _, f := range mnist.Files() {
		files = append(files, File(f))
	}
	return files
}

func wineFeatures() []string {
	return []string{
		"alcohol", "malic_acid", "ash", "alcalinity_of_ash", "magnesium", "total_phenols", "flavanoids",
		"nonflavanoid_phenols", "proanthocyanins", "color_intensity", "hue", "od280/od315_of_diluted_wines", "proline",
	}
}

// breastCancerFeatures are ten measurements of the nuclei of a sample: their
// means, standard errors and worst values.
func breastCancerFeatures() []string {
	measured := []string{
		"radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity", "concave points", "symmetry",
		"fractal dimension",
	}
	var names []string
	for _, m := range measured {
		names = append(names, "mean "+m)
	}
	for _, m := range measured {
		names = append(names, m+" error")
	}
	for _, m := range measured {
		names = append(names, "worst "+m)
	}
	return names
}

func diabetesFeatures() []string {
	return []string{"age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"}
}
