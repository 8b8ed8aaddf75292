using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace QuicProChat.Mesh.Api;

/// <summary>A text; null where it is not there.</summary>
internal class TextArgument<TRequest>(
    string key, ArgumentPlace place, string help, Func<TRequest, string?> get, Action<TRequest, string?> set)
    : CommandArgument(key, ArgumentKind.Text, place, help)
    where TRequest : class
{
    internal override string Accepts => "a text in UTF-8";

    public override object? Get(object request) => get((TRequest)request);

    public override void Set(object request, object? value) => set((TRequest)request, (string?)value);

    internal override bool TryRead(ref Utf8JsonReader json, object request)
    {
        if (json.TokenType is not (JsonTokenType.String or JsonTokenType.Null))
            return false;
        set((TRequest)request, json.GetString());
        return true;
    }

    internal override void Write(Utf8JsonWriter json, object request)
    {
        if (get((TRequest)request) is { } text)
            json.WriteString(Utf8Key, text);
    }
}

/// <summary>A text that may be a number in JSON; null where it is not there.</summary>
internal sealed class WordArgument<TRequest>(
    string key, ArgumentPlace place, string help, Func<TRequest, string?> get, Action<TRequest, string?> set)
    : TextArgument<TRequest>(key, place, help, get, set)
    where TRequest : class
{
    internal override string Accepts => "a text in UTF-8, or a whole number";

    internal override bool TryRead(ref Utf8JsonReader json, object request)
    {
        if (json.TokenType != JsonTokenType.Number)
            return base.TryRead(ref json, request);
        if (!json.TryGetInt32(out int number))
            return false;
        Set(request, number.ToString(CultureInfo.InvariantCulture));
        return true;
    }

    internal override void Write(Utf8JsonWriter json, object request)
    {
        if (int.TryParse((string?)Get(request), NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            json.WriteNumber(Utf8Key, number);
        else
            base.Write(json, request);
    }
}

/// <summary>True or false; false where it is not there.</summary>
internal sealed class FlagArgument<TRequest>(
    string key, string help, Func<TRequest, bool> get, Action<TRequest, bool> set)
    : CommandArgument(key, ArgumentKind.Flag, ArgumentPlace.Option, help)
    where TRequest : class
{
    internal override string Accepts => "true or false";

    public override object? Get(object request) => get((TRequest)request);

    public override void Set(object request, object? value) => set((TRequest)request, value is true);

    internal override bool TryRead(ref Utf8JsonReader json, object request)
    {
        if (json.TokenType is not (JsonTokenType.True or JsonTokenType.False))
            return false;
        set((TRequest)request, json.GetBoolean());
        return true;
    }

    internal override void Write(Utf8JsonWriter json, object request)
    {
        if (get((TRequest)request))
            json.WriteBoolean(Utf8Key, true);
    }
}

/// <summary>A whole number; null where it is not there.</summary>
internal sealed class NumberArgument<TRequest>(
    string key, ArgumentPlace place, string help, Func<TRequest, int?> get, Action<TRequest, int?> set)
    : CommandArgument(key, ArgumentKind.Number, place, help)
    where TRequest : class
{
    internal override string Accepts => "a whole number, at most 2147483647";

    public override object? Get(object request) => get((TRequest)request);

    public override void Set(object request, object? value) => set((TRequest)request, (int?)value);

    internal override bool TryRead(ref Utf8JsonReader json, object request)
    {
        if (json.TokenType == JsonTokenType.Null)
        {
            set((TRequest)request, null);
            return true;
        }

        if (json.TokenType != JsonTokenType.Number || !json.TryGetInt32(out int number))
            return false;
        set((TRequest)request, number);
        return true;
    }

    internal override void Write(Utf8JsonWriter json, object request)
    {
        if (get((TRequest)request) is { } number)
            json.WriteNumber(Utf8Key, number);
    }
}

/// <summary>A list of texts; null where it is not there. One text by itself is a list of one.</summary>
internal sealed class TextsArgument<TRequest>(
    string key, ArgumentPlace place, string help, Func<TRequest, IReadOnlyList<string>?> get,
    Action<TRequest, IReadOnlyList<string>?> set)
    : CommandArgument(key, ArgumentKind.Texts, place, help)
    where TRequest : class
{
    /// <summary>Texts at most; arbitrary.</summary>
    private const int MaxTexts = 1024;

    internal override string Accepts => $"a list of texts in UTF-8, at most {MaxTexts}";

    public override object? Get(object request) => get((TRequest)request);

    public override void Set(object request, object? value) => set((TRequest)request, (IReadOnlyList<string>?)value);

    internal override bool TryRead(ref Utf8JsonReader json, object request)
    {
        switch (json.TokenType)
        {
            case JsonTokenType.Null:
                set((TRequest)request, null);
                return true;
            case JsonTokenType.String:
                set((TRequest)request, [json.GetString()!]);
                return true;
            case JsonTokenType.StartArray:
                break;
            default:
                return false;
        }

        var texts = new List<string>();
        bool areTexts = true;
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            areTexts &= json.TokenType == JsonTokenType.String && texts.Count < MaxTexts;
            if (areTexts)
                texts.Add(json.GetString()!);
            else
                json.Skip();
        }

        if (areTexts)
            set((TRequest)request, texts);
        return areTexts;
    }

    internal override void Write(Utf8JsonWriter json, object request)
    {
        if (get((TRequest)request) is not { } texts)
            return;
        json.WriteStartArray(Utf8Key);
        foreach (string text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }
}

/// <summary>A password; null where it is not there.</summary>
internal sealed class SecretArgument<TRequest>(
    string key, string help, Func<TRequest, byte[]?> get, Action<TRequest, byte[]?> set)
    : CommandArgument(key, ArgumentKind.Secret, ArgumentPlace.Option, help)
    where TRequest : class
{
    /// <summary>Bytes at most; arbitrary.</summary>
    private const int MaxBytes = 1024;

    internal override string Accepts => $"a text in UTF-8, at most {MaxBytes} bytes";

    public override object? Get(object request) => get((TRequest)request);

    public override void Set(object request, object? value) => set((TRequest)request, (byte[]?)value);

    internal override bool TryRead(ref Utf8JsonReader json, object request)
    {
        if (json.TokenType == JsonTokenType.Null)
        {
            set((TRequest)request, null);
            return true;
        }

        // As it stands there it is at most six times as long. No string is made of it: that could not be zeroed.
        if (json.TokenType != JsonTokenType.String || json.ValueSpan.Length > 6 * MaxBytes)
            return false;
        byte[] copied = new byte[json.ValueSpan.Length];
        try
        {
            int length = json.CopyString(copied);
            if (length > MaxBytes)
                return false;
            set((TRequest)request, copied[..length]);
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(copied);
        }
    }

    internal override void Write(Utf8JsonWriter json, object request)
    {
        if (get((TRequest)request) is { } secret)
            json.WriteString(Utf8Key, secret);
    }
}
