namespace QuicProChat.Mesh.Api;

/// <summary>What <c>edit</c> takes.</summary>
public sealed record EditRequest
{
    /// <summary>The message: 32 hexadecimal digits.</summary>
    public string? Id { get; set; }

    /// <summary>What it says from now on.</summary>
    public string? Text { get; set; }
}

/// <content><c>edit</c>.</content>
public static partial class Commands
{
    /// <summary><c>edit</c>: changes the text of an own message.</summary>
    public static CommandSpec<EditRequest, SendInfo> Edit { get; } = new(
        "edit", CommandGroup.Messages, "Changes the text of an own message.", json => json.SendInfo,
        new ArgumentList<EditRequest>()
            .Operand("id", "A message: 32 hexadecimal digits.", r => r.Id, (r, v) => r.Id = v)
            .Operand("text", "The new text; - reads it from standard input.", r => r.Text, (r, v) => r.Text = v,
                takesInput: true))
    {
        IsBrief = true,
        Console = [new("/edit", "ID TEXT", "change the text of an own message")],
        Rendering = ShowSent,
    };
}
