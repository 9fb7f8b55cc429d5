import CLI

await CommandLineEntry.main()
