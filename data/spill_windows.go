package data

// deleteOnClose is FILE_FLAG_DELETE_ON_CLOSE: the system removes the file even of a process that is killed.
const deleteOnClose = 0x04000000
