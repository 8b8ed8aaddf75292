using System.Text.Json;
using QuicProChat.Mesh.Node.Control;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>Shows MLS-Lite groups and invitations to people.</summary>
internal static class LiteRendering
{
    /// <summary>Writes a result; false if it is none of MLS-Lite's.</summary>
    internal static bool TryWrite(TextWriter output, string command, JsonElement result)
    {
        switch (command)
        {
            case ControlCommands.LiteList:
                List(output, result);
                return true;
            case ControlCommands.LiteCreate or ControlCommands.LiteJoin or ControlCommands.LiteShow or ControlCommands.LiteRekey or ControlCommands.LiteRename:
                Group(output, result);
                return true;
            case ControlCommands.LiteInvite:
                Invitation(output, result.GetProperty("uri").GetString()!);
                return true;
            default:
                return false;
        }
    }

    private static void List(TextWriter output, JsonElement groups)
    {
        foreach (JsonElement group in groups.EnumerateArray())
            output.WriteLine(Summary(group));
        if (groups.GetArrayLength() == 0)
            output.WriteLine("no groups");
    }

    private static void Group(TextWriter output, JsonElement group)
    {
        output.WriteLine(Summary(group));
        foreach (JsonElement member in group.GetProperty("members").EnumerateArray())
        {
            string self = member.GetProperty("self").GetBoolean() ? "  (this node)" : "";
            output.WriteLine($"  {member.GetProperty("index").GetInt32(),2}  {member.GetProperty("address").GetString()}{self}");
        }
    }

    /// <summary>A group in one line.</summary>
    internal static string Summary(JsonElement group) =>
        $"{Rendering.Printable(group.GetProperty("name").GetString()!)}  {group.GetProperty("id").GetString()}  {group.GetProperty("members").GetArrayLength()} members"
        + $"  epoch {group.GetProperty("epoch").GetInt64()}  {group.GetProperty("cipher").GetString()}  {group.GetProperty("counter").GetInt32()} messages made here";

    private static void Invitation(TextWriter output, string uri)
    {
        output.WriteLine(uri);
        QrDrawing.Write(output, uri, QrLevel.Low);
    }
}
