using QuicProChat.Mesh.Node.Cli;

return await CommandLine.RunAsync(args).ConfigureAwait(false);
