using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Fapp;

namespace QuicProChat.Mesh.Node.Repl;

/// <summary>Three questions to a search: <c>/fapp</c> alone. Whoever answers nothing leaves a question open.</summary>
internal sealed class FappDialogue
{
    private static readonly string[] _questions =
    [
        "Postleitzahl, oder ihre ersten Ziffern? (04109, 04; leer: alle)",
        "Was? (sprechstunde, probatorik, akut, kurzzeit, langzeit; leer: alles)",
        "Wer zahlt? (GKV, PKV, BEI, SEL, KE; leer: gleich)",
    ];

    private readonly List<string> _answers = [];

    /// <summary>What asks for the dialogue.</summary>
    internal static ConsoleForm Form { get; } = new("/fapp", "", "looks for a free appointment: three questions");

    /// <summary>What is shown first.</summary>
    internal static string Opening => FappInfos.Emergency + "\nEine Suche verlaesst diesen Knoten nicht.";

    /// <summary>The next question.</summary>
    internal string Question => _questions[_answers.Count];

    /// <summary>Takes an answer; null: there are more questions.</summary>
    /// <param name="answer">What was typed.</param>
    /// <param name="error">What is wrong with it; the question is asked again.</param>
    internal FappSearchRequest? Answer(string answer, out string? error)
    {
        error = null;
        if (FappSearchRequest.Parse(new ConsoleLine(answer.Trim(), null)) is null)
        {
            error = $"'{Screen.Printable(answer.Trim())}' ist keine Antwort darauf.";
            return null;
        }

        _answers.Add(answer);
        return _answers.Count < _questions.Length ? null
            : FappSearchRequest.Parse(new ConsoleLine(string.Join(' ', _answers), null));
    }
}
