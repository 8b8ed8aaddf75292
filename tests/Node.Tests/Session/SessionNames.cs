using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace QuicProChat.Mesh.Node.Tests.Session;

/// <summary>What a record calls the things that are others in each run.</summary>
internal sealed partial class SessionNames
{
    private static readonly JsonSerializerOptions Plain =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly List<(string Name, string Actual)> _known = [];
    private readonly Dictionary<string, int> _counts = [];

    internal void Add(string name, string actual) => _known.Add((name, actual));

    /// <summary>A line of the script with the things of this run.</summary>
    internal string Actual(string line)
    {
        var text = new StringBuilder(line);
        // Longer names first: $id1 begins $id10.
        foreach ((string name, string actual) in _known.OrderByDescending(k => k.Name.Length))
            text.Replace(name, actual);
        return text.ToString();
    }

    /// <summary>What a node said, as it is recorded.</summary>
    internal string Recorded(JsonNode said)
    {
        string text = Time().Replace(said.ToJsonString(Plain), "\"T\"");
        text = Tag().Replace(text, "\"epochTag\":\"TAG\"");
        text = Leaf().Replace(text, "\"index\":\"N\"");
        text = Reference().Replace(text, "\"replyTo\":\"REF\"");
        text = Left().Replace(text, "\"disappearsIn\":\"N\"");
        text = Digits().Replace(text, "DIGITS");
        text = Card().Replace(text, "\"qpc:CARD\"");
        text = Fresh(Invitation(), "$invitation", text);
        text = Fresh(Key(), "$key", text);
        text = Fresh(Id(), "$id", text);
        text = Fresh(Group(), "$group", text);
        foreach ((string name, string actual) in _known)
            text = text.Replace(actual, name, StringComparison.Ordinal);
        return text;
    }

    private string Fresh(Regex what, string name, string text)
    {
        foreach (string actual in what.Matches(text).Select(m => m.Value))
        {
            if (_known.Exists(k => k.Actual == actual))
                continue;
            int number = _counts[name] = _counts.GetValueOrDefault(name) + 1;
            Add(name + number, actual);
        }

        return text;
    }

    [GeneratedRegex("\"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z\"")]
    private static partial Regex Time();

    [GeneratedRegex("\"epochTag\":\"[0-9a-f]{4}\"")]
    private static partial Regex Tag();

    [GeneratedRegex("\"index\":[1-9][0-9]*")]
    private static partial Regex Leaf();

    [GeneratedRegex("\"replyTo\":\"[0-9a-f]{16}\"")]
    private static partial Regex Reference();

    [GeneratedRegex("\"disappearsIn\":[0-9]+")]
    private static partial Regex Left();

    [GeneratedRegex("[0-9]{60}|[0-9]{5}( [0-9]{5}){11}")]
    private static partial Regex Digits();

    [GeneratedRegex("\"qpc:[A-Za-z0-9_-]{100,}\"")]
    private static partial Regex Card();

    [GeneratedRegex("qpc-lite:[A-Za-z0-9_=-]{20,}")]
    private static partial Regex Invitation();

    [GeneratedRegex("(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")]
    private static partial Regex Key();

    [GeneratedRegex("(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")]
    private static partial Regex Id();

    [GeneratedRegex("(?<=\"id\":\")[0-9a-f]{16}(?=\")")]
    private static partial Regex Group();
}
