package amx

// OnTiles is for tests that stand on more than kernels.
var OnTiles = onTiles
