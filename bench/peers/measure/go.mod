module github.com/godescent/descent/bench/peers/measure

go 1.26
