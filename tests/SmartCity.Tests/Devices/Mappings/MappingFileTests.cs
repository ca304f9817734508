using System.Text;
using SmartCity.Devices.Mappings;

namespace SmartCity.Tests.Devices.Mappings;

public sealed class MappingFileTests
{
    /// <summary>A mapping that is right, with one line for each key, so that a change of it has its own line.</summary>
    private const string Right = """
        {
          "topic": "a/{device}/b",
          "device": "{device}",
          "time": {"path": "/t", "format": "s"},
          "metrics": [{"path": "/**"}]
        }
        """;

    [Fact]
    public void A_right_file_is_read()
    {
        var mapping = MappingFile.Parse("m", Encoding.UTF8.GetBytes(Right), out var errors);
        Assert.Empty(errors);
        Assert.Equal(("m", "a/+/b"), (mapping!.Name, mapping.TopicFilter));
    }

    [Theory]
    [InlineData("\"topic\": \"a/{device}/b\"", "\"topc\": \"a/{device}/b\"", 2, "\"topc\" is not known in a mapping; known are about, topic")]
    [InlineData("\"topic\": \"a/{device}/b\",", "", 1, "\"topic\" is missing")]
    [InlineData("a/{device}/b", "", 2, "the topic is empty")]
    [InlineData("a/{device}/b", "city/v1/{device}/b", 2, "not for mappings")]
    [InlineData("a/{device}/b", "$SYS/{device}", 2, "not for mappings")]
    [InlineData("a/{device}/b", "a/x{device}/b", 2, "a level is a word, {name} or +")]
    [InlineData("a/{device}/b", "a/{device}/{device}", 2, "stands twice")]
    [InlineData("a/{device}/b", "a/{device}/#", 2, "ends in #")]
    [InlineData("\"{device}\"", "\"{devcie}\"", 3, "there is no {devcie}")]
    [InlineData("\"{device}\"", "\"{device\"", 3, "has a { without its }")]
    [InlineData("\"{device}\"", "7", 3, "\"device\" is a text")]
    [InlineData("\"/t\"", "\"t\"", 4, "\"t\" is no pointer")]
    [InlineData("\"/t\"", "\"/t~2\"", 4, "neither ~0 nor ~1")]
    [InlineData("\"s\"", "[\"s\", \"ms\"]", 4, "more than one unit of a number")]
    [InlineData("\"s\"", "\"unix\"", 4, "\"unix\" is no format")]
    [InlineData("\"s\"", "\"dd.MM.yyyy hh:mm:ss\"", 4, "does not give back the time")]
    [InlineData("\"s\"", "\"s\", \"zone\": \"Asia/Teheran\"", 4, "\"Asia/Teheran\" is no time zone")]
    [InlineData(", \"format\": \"s\"", "", 4, "\"time\" needs a \"format\"")]
    [InlineData("[{\"path\": \"/**\"}]", "[]", 5, "a list of 1 to 200 rules")]
    [InlineData("\"/**\"", "\"/**/x\"", 5, "** stands at the end only")]
    [InlineData("\"/**\"", "\"/**\", \"scale\": \"2\"", 5, "\"scale\" is a number")]
    [InlineData("\"/**\"", "\"/**\", \"scale\": 0", 5, "makes every value the same")]
    [InlineData("\"/**\"", "\"/**\", \"skip\": true, \"scale\": 2", 5, "a rule that skips has no \"scale\"")]
    [InlineData("\"/**\"", "\"/**\", \"type\": \"int\"", 5, "one of number, text, bool")]
    [InlineData("\"/**\"", "\"/**\", \"unit\": \"degF\", \"as\": \"Pa\"", 5, "degF is a temperature and Pa a pressure")]
    [InlineData("\"/**\"", "\"/**\", \"unit\": \"furlong\", \"as\": \"m\"", 5, "\"furlong\" is no unit")]
    [InlineData("\"/**\"", "\"/**\", \"as\": \"m\"", 5, "\"as\" needs \"unit\"")]
    [InlineData("\"/**\"", "\"/**\", \"value\": \"./v\"", 5, "without **")]
    [InlineData("\"/**\"", "\"/*\", \"value\": \"./v\"", 5, "needs a \"metric\"")]
    [InlineData("\"/**\"", "\"/**\", \"when\": {}", 5, "\"when\" is a map")]
    [InlineData("\"/**\"", "\"/**\", \"values\": {\"a\": 1, \"b\": true}", 5, "values of one kind")]
    [InlineData("\"/**\"}]", "\"/**\"}], \"csv\": {}", 5, "\"csv\" needs \"payload\": \"csv\"")]
    [InlineData("\"/**\"}]", "\"/**\"}], \"payload\": \"xml\"", 5, "json or csv")]
    [InlineData("\"/**\"}]", "\"/**\"}], \"payload\": \"csv\", \"csv\": {\"decimal\": \",\"}", 5, "another separator")]
    [InlineData("\"/**\"}]", "\"/**\"}], \"rename\": {\"a\": 3}", 5, "needs its new name")]
    [InlineData("\"/**\"}]", "\"/**\"}], \"metrics\": []", 5, "stands here twice")]
    [InlineData("[{\"path\": \"/**\"}]", "[{\"path\": \"/**\"]", 5, "this is not JSON at column 29")]
    public void A_mistake_is_told_with_its_line_and_what_to_do(string part, string instead, int line, string said)
    {
        var text = Right.Replace(part, instead, StringComparison.Ordinal);
        Assert.NotEqual(Right, text);
        Assert.Null(MappingFile.Parse("m", Encoding.UTF8.GetBytes(text), out var errors));
        Assert.Contains(errors, error => error.Line == line && error.Text.Contains(said, StringComparison.Ordinal));
    }

    [Fact]
    public void All_mistakes_are_told_at_once_in_the_order_of_their_lines()
    {
        MappingFile.Parse("m", "{\n\"devise\": 1,\n\"topic\": \"#\",\n\"metrics\": [{\"path\": 3}]}"u8, out var errors);
        Assert.Equal([1, 2, 3, 4], errors.Select(error => error.Line));
    }
}
