using System.Text.Json;
using System.Text.Json.Serialization;

namespace QuicProChat.Mesh.Api;

/// <summary>What <c>alias</c> takes: nothing lists all, a name alone is looked up.</summary>
public sealed record AliasRequest
{
    /// <summary>The name to set, look up or forget.</summary>
    public string? Alias { get; set; }

    /// <summary>The address that it stands for from now on.</summary>
    public string? To { get; set; }

    /// <summary>Forget the name.</summary>
    public bool Remove { get; set; }

    /// <summary>Go on behind this: what the reply before said as <c>more</c>.</summary>
    public string? From { get; set; }
}

/// <summary>A name that this node's owner gave to an address.</summary>
/// <param name="Alias">The name.</param>
/// <param name="Address">The address.</param>
public sealed record AliasInfo(string Alias, string Address);

/// <summary>
/// What <c>alias</c> answers: a list, or that something was done. In JSON it is the one or the other.
/// </summary>
/// <param name="List">The names; null where something was done.</param>
/// <param name="Done">What was done; null for a list.</param>
[JsonConverter(typeof(AliasResultJson))]
public sealed record AliasResult(IReadOnlyList<AliasInfo>? List, DoneInfo? Done);

/// <summary>Writes the one or the other.</summary>
public sealed class AliasResultJson : JsonConverter<AliasResult>
{
    /// <inheritdoc/>
    public override AliasResult Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.StartArray
            ? new AliasResult(JsonSerializer.Deserialize(ref reader, ApiJson.Default.IReadOnlyListAliasInfo), null)
            : new AliasResult(null, JsonSerializer.Deserialize(ref reader, ApiJson.Default.DoneInfo));

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, AliasResult value, JsonSerializerOptions options)
    {
        if (value.List is not null)
            JsonSerializer.Serialize(writer, value.List, ApiJson.Default.IReadOnlyListAliasInfo);
        else
            JsonSerializer.Serialize(writer, value.Done!, ApiJson.Default.DoneInfo);
    }
}

/// <content><c>alias</c>.</content>
public static partial class Commands
{
    /// <summary><c>alias</c>: names addresses.</summary>
    public static CommandSpec<AliasRequest, AliasResult> Alias { get; } = new(
        "alias", CommandGroup.Messages, "Names addresses.", json => json.AliasResult,
        new ArgumentList<AliasRequest>()
            .OptionalOperand("alias", "The name; without it, all are listed.", r => r.Alias, (r, v) => r.Alias = v)
            .OptionalOperand("to", "What it stands for.", r => r.To, (r, v) => r.To = v, typed: "address")
            .Flag("remove", "Forget the name.", r => r.Remove, (r, v) => r.Remove = v)
            .From(r => r.From, (r, v) => r.From = v))
    {
        Paging = Paging.Forward,
        Console = [new("/alias", "[NAME [ADDRESS]]", "list, set; /alias -NAME forgets") { Parse = ParseAlias }],
        Rendering = ShowAliases,
    };

    private static AliasRequest ParseAlias(ConsoleLine line)
    {
        (string alias, string address) = ConsoleLine.Split(line.Rest);
        bool remove = alias.Length > 1 && alias[0] == '-';
        return new AliasRequest
        {
            Alias = alias.Length == 0 ? null : remove ? alias[1..] : alias,
            To = address.Length == 0 ? null : address,
            Remove = remove,
        };
    }

    private static void ShowAliases(Screen screen, AliasResult result)
    {
        if (result.List is { } aliases)
            screen.Table(aliases, "no aliases", ("alias", a => a.Alias), ("address", a => a.Address));
        else
            screen.Fields(JsonSerializer.SerializeToElement(result.Done!, ApiJson.Default.DoneInfo));
    }
}
