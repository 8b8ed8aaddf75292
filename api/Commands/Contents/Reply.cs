namespace QuicProChat.Mesh.Api;

/// <summary>What <c>reply</c> takes.</summary>
public sealed record ReplyRequest
{
    /// <summary>The message: 32 hexadecimal digits.</summary>
    public string? Id { get; set; }

    /// <summary>What the answer says.</summary>
    public string? Text { get; set; }
}

/// <content><c>reply</c>.</content>
public static partial class Commands
{
    /// <summary><c>reply</c>: answers a message.</summary>
    public static CommandSpec<ReplyRequest, SendInfo> Reply { get; } = new(
        "reply", CommandGroup.Messages, "Answers a message.", json => json.SendInfo,
        new ArgumentList<ReplyRequest>()
            .Operand("id", "A message: 32 hexadecimal digits.", r => r.Id, (r, v) => r.Id = v)
            .Operand("text", "The answer; - reads it from standard input.", r => r.Text, (r, v) => r.Text = v,
                takesInput: true))
    {
        IsBrief = true,
        Console = [new("/reply", "ID TEXT", "answer a message")],
        Rendering = ShowSent,
    };

    private static void ShowSent(Screen screen, SendInfo sent) =>
        screen.Line($"{sent.Id} {sent.State}{MessageLines.Reason(sent.Reason)}");
}
