using QuicProChat.Mesh.Fapp.Records;

namespace QuicProChat.Mesh.Fapp.Places;

/// <summary>The first digits of a postal code, as somebody searches for them: text, as the code is.</summary>
public readonly record struct PostalPrefix
{
    private readonly string? _digits;

    private PostalPrefix(string digits) => _digits = digits;

    /// <summary>Reads one to five ASCII digits; false for anything else.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out PostalPrefix prefix)
    {
        prefix = default;
        if (text.Length is 0 or > PostalCode.Size || text.ContainsAnyExceptInRange('0', '9'))
            return false;
        prefix = new PostalPrefix(text.ToString());
        return true;
    }

    /// <summary>Whether a code begins so: "0" and "01" begin "01067"; "1" and "10" do not.</summary>
    public bool Begins(PostalCode code) => code.HasPrefix(_digits);

    /// <summary>The digits.</summary>
    public override string ToString() => _digits ?? "";
}
