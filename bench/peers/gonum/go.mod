module github.com/godescent/descent/bench/peers/gonum

go 1.26

require github.com/godescent/descent/bench/peers/measure v0.0.0

require gonum.org/v1/gonum v0.17.0

replace github.com/godescent/descent/bench/peers/measure => ../measure
