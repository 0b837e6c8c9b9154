"""What is common to every address that programs call: who calls, in which words, how much."""
