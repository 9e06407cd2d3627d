module github.com/godescent/descent

go 1.26
