using System.CommandLine;
using QuicProChat.Mesh.Node.Control;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary><c>qpc-mesh ctl lite</c>: MLS-Lite groups (docs/mls-lite.md).</summary>
internal static class LiteCommand
{
    /// <summary>Adds the commands to <c>ctl</c>.</summary>
    /// <param name="ctl">The command that they belong below.</param>
    /// <param name="add">Adds one: parent, name as typed, name on the socket, description, request, symbols.</param>
    internal static void AddTo(Command ctl, CtlCommand.Adder add)
    {
        var lite = new Command("lite", "Groups for slow links: MLS-Lite.");
        ctl.Subcommands.Add(lite);
        var group = new Argument<string>("group") { Description = "A group's name or id." };
        var name = new Argument<string>("name") { Description = "What to call it: at most 20 bytes." };
        var shortTag = new Option<bool>("--short-tag") { Description = "Tags of 8 bytes instead of 16: each message costs 8 bytes less.", Arity = ArgumentArity.Zero };
        add(lite, "create", ControlCommands.LiteCreate, "Founds a group.",
            p => new ControlRequest { Name = p.GetValue(name), ShortTag = p.GetValue(shortTag) }, name, shortTag);
        add(lite, "invite", ControlCommands.LiteInvite, "Prints an invitation for one person, and the same as a QR code. It is a key.",
            p => new ControlRequest { Group = p.GetValue(group) }, group);
        var uri = new Argument<string>("uri") { Description = "qpc-lite:...; - reads it from standard input." };
        var own = new Argument<string?>("name") { Description = "What to call it here, if not as it is called there.", Arity = ArgumentArity.ZeroOrOne };
        add(lite, "join", ControlCommands.LiteJoin, "Joins a group by an invitation.",
            p => new ControlRequest { Uri = p.GetValue(uri) is "-" ? StandardInput.ReadText() : p.GetValue(uri), Name = p.GetValue(own) }, uri, own);
        add(lite, "list", ControlCommands.LiteList, "The groups of this node.", _ => new ControlRequest());
        add(lite, "show", ControlCommands.LiteShow, "One group: members, epoch, cipher.", p => new ControlRequest { Group = p.GetValue(group) }, group);
        add(lite, "rekey", ControlCommands.LiteRekey, "Begins an epoch with fresh keys.", p => new ControlRequest { Group = p.GetValue(group) }, group);
        add(lite, "leave", ControlCommands.LiteLeave, "Forgets a group and its keys. The others are not told.",
            p => new ControlRequest { Group = p.GetValue(group) }, group);
        add(lite, "rename", ControlCommands.LiteRename, "Calls a group something else, here only.",
            p => new ControlRequest { Group = p.GetValue(group), Name = p.GetValue(name) }, group, name);
    }
}
