using System.CommandLine;
using QuicProChat.Mesh.Server.Hosting;

RootCommand root =
    new("qpc-server: accounts, inboxes and KeyPackages for clients that speak full MLS. It sees no content.")
{
    ServerCommands.Run(),
    ServerCommands.Fingerprint(),
    ServerCommands.Invite(),
    ServerCommands.Moderator(),
    HealthCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
