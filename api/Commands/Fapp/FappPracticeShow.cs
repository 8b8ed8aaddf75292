namespace QuicProChat.Mesh.Api;

/// <summary>What <c>fapp-practice-show</c> takes.</summary>
public sealed record FappPracticeShowRequest
{
    /// <summary>Which of this node's practices: 0, unless it has several.</summary>
    public int? Place { get; set; }
}

/// <content><c>fapp-practice-show</c>.</content>
public static partial class Commands
{
    /// <summary><c>fapp-practice-show</c>: shows what is set of a practice.</summary>
    public static CommandSpec<FappPracticeShowRequest, FappPracticeInfo> FappPracticeShow { get; } = new(
        "fapp-practice-show", CommandGroup.Fapp, "What is set of a practice.", json => json.FappPracticeInfo,
        new ArgumentList<FappPracticeShowRequest>()
            .Number("place", "N", "Which of this node's practices: 0, unless it has several.", r => r.Place,
                (r, v) => r.Place = v))
    {
        Under = "practice",
        IsBrief = true,
        Console = [new("/fapp practice", "", "what is set of this node's practice")],
    };
}
