using System.Buffers;
using System.Text;
using System.Text.Json;
using QuicProChat.Mesh.Api;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>The pages of a list in one: a list itself, or an object with one in it.</summary>
/// <param name="command">What was asked.</param>
internal sealed class MergedResult(CommandSpec command)
{
    private readonly ArrayBufferWriter<byte> _items = new();
    private JsonElement? _first;
    private int _count;

    internal void Add(JsonElement result)
    {
        _first ??= result.Clone();
        if (result.ValueKind == JsonValueKind.Array)
            Append(result);
        else if (command.ListKey is { } key)
            Append(result.GetProperty(key));
    }

    internal JsonDocument ToJson()
    {
        JsonElement first = _first!.Value;
        if (first.ValueKind == JsonValueKind.Array)
            return JsonDocument.Parse(List());
        var whole = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(whole, ReplyWriter.Options))
        {
            json.WriteStartObject();
            foreach (JsonProperty property in first.EnumerateObject())
            {
                json.WritePropertyName(property.Name);
                byte[] value = property.Name == command.ListKey
                    ? List() : Encoding.UTF8.GetBytes(property.Value.GetRawText());
                json.WriteRawValue(value, skipInputValidation: true);
            }

            json.WriteEndObject();
        }

        return JsonDocument.Parse(whole.WrittenMemory);
    }

    private byte[] List() => [(byte)'[', .. _items.WrittenSpan, (byte)']'];

    private void Append(JsonElement list)
    {
        foreach (JsonElement item in list.EnumerateArray())
        {
            if (_count++ > 0)
                _items.Write(","u8);
            _items.Write(Encoding.UTF8.GetBytes(item.GetRawText()));
        }
    }
}
