namespace QuicProChat.Mesh.Api;

/// <summary>What <c>delete</c> takes: one of both.</summary>
public sealed record DeleteRequest
{
    /// <summary>A message: 32 hexadecimal digits.</summary>
    public string? Id { get; set; }

    /// <summary>The message is this node's: the others are to delete it too, and its place stays here.</summary>
    public bool Everywhere { get; set; }

    /// <summary>All messages with this address, alias or group.</summary>
    public string? With { get; set; }
}

/// <content><c>delete</c>.</content>
public static partial class Commands
{
    /// <summary><c>delete</c>: erases a message, or a whole conversation.</summary>
    public static CommandSpec<DeleteRequest, DoneInfo> Delete { get; } = new(
        "delete", CommandGroup.Messages, "Erases a message, or a whole conversation.", json => json.DoneInfo,
        new ArgumentList<DeleteRequest>()
            .OptionalOperand("id", "A message: 32 hexadecimal digits.", r => r.Id, (r, v) => r.Id = v)
            .Flag("everywhere", "Of an own message: at the others too.", r => r.Everywhere, (r, v) => r.Everywhere = v)
            .Option("with", "A", "All messages with this address, alias or group.", r => r.With, (r, v) => r.With = v))
    {
        Console =
        [
            new("/delete", "ID", "erase a message; everywhere ID at the others too, with PEER all with PEER")
            {
                Parse = line => ConsoleLine.Split(line.Rest) switch
                {
                    ("with", { Length: > 0 } peer) => new DeleteRequest { With = peer },
                    ("everywhere", { Length: > 0 } id) => new DeleteRequest { Id = id, Everywhere = true },
                    ({ Length: > 0 } id, "") => new DeleteRequest { Id = id },
                    _ => null,
                },
            },
        ],
    };
}
