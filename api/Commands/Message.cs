namespace QuicProChat.Mesh.Api;

/// <summary>What <c>message</c> takes.</summary>
public sealed record MessageRequest
{
    /// <summary>32 hexadecimal digits.</summary>
    public string? Id { get; set; }
}

/// <content><c>message</c>.</content>
public static partial class Commands
{
    /// <summary><c>message</c>: one message.</summary>
    public static CommandSpec<MessageRequest, MessageInfo> Message { get; } = new(
        "message", CommandGroup.Messages, "One message.", json => json.MessageInfo,
        new ArgumentList<MessageRequest>().Operand("id", "32 hexadecimal digits.", r => r.Id, (r, v) => r.Id = v));
}
