namespace QuicProChat.Mesh.Api;

/// <summary>What <c>react</c> takes.</summary>
public sealed record ReactRequest
{
    /// <summary>The message: 32 hexadecimal digits.</summary>
    public string? Id { get; set; }

    /// <summary>The sign.</summary>
    public string? Emoji { get; set; }

    /// <summary>Take it back.</summary>
    public bool Remove { get; set; }
}

/// <content><c>react</c>.</content>
public static partial class Commands
{
    /// <summary><c>react</c>: puts a sign on a message, or takes it back.</summary>
    public static CommandSpec<ReactRequest, SendInfo> React { get; } = new(
        "react", CommandGroup.Messages, "Puts a sign on a message, or takes it back.", json => json.SendInfo,
        new ArgumentList<ReactRequest>()
            .Operand("id", "A message: 32 hexadecimal digits.", r => r.Id, (r, v) => r.Id = v)
            .Operand("emoji", "The sign.", r => r.Emoji, (r, v) => r.Emoji = v)
            .Flag("remove", "Take it back.", r => r.Remove, (r, v) => r.Remove = v))
    {
        IsBrief = true,
        Console = [new("/react", "ID EMOJI", "put a sign on a message")],
        Rendering = ShowSent,
    };
}
