<?xml version="1.0" encoding="UTF-8"?>
<!-- Shows a define.xml (Define-XML 2.1, with analysis results metadata 1.0) as a page. XSLT 1.0; needs nothing else. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:odm="http://www.cdisc.org/ns/odm/v1.3" xmlns:def="http://www.cdisc.org/ns/def/v2.1"
    xmlns:arm="http://www.cdisc.org/ns/arm/v1.0" xmlns:xlink="http://www.w3.org/1999/xlink"
    exclude-result-prefixes="odm def arm xlink">
  <xsl:output method="html" encoding="UTF-8" doctype-system="about:legacy-compat" indent="no"/>

  <xsl:key name="item" match="odm:ItemDef" use="@OID"/>
  <xsl:key name="group" match="odm:ItemGroupDef" use="@OID"/>
  <xsl:key name="group-of-item" match="odm:ItemGroupDef" use="odm:ItemRef/@ItemOID"/>
  <xsl:key name="codelist" match="odm:CodeList" use="@OID"/>
  <xsl:key name="method" match="odm:MethodDef" use="@OID"/>
  <xsl:key name="comment" match="def:CommentDef" use="@OID"/>
  <xsl:key name="leaf" match="def:leaf" use="@ID"/>
  <xsl:key name="value-list" match="def:ValueListDef" use="@OID"/>
  <xsl:key name="where" match="def:WhereClauseDef" use="@OID"/>
  <xsl:key name="standard" match="def:Standard" use="@OID"/>

  <xsl:variable name="study" select="/odm:ODM/odm:Study[1]"/>
  <xsl:variable name="version" select="$study/odm:MetaDataVersion[1]"/>

  <xsl:template match="/">
    <html lang="en">
      <head>
        <meta charset="UTF-8"/>
        <meta name="viewport" content="width=device-width, initial-scale=1"/>
        <title><xsl:value-of select="$study/odm:GlobalVariables/odm:StudyName"/>: data definition</title>
        <xsl:call-template name="style"/>
      </head>
      <body>
        <xsl:call-template name="navigation"/>
        <main>
          <xsl:call-template name="head"/>
          <xsl:call-template name="datasets"/>
          <xsl:apply-templates select="$version/arm:AnalysisResultDisplays"/>
          <xsl:apply-templates select="$version/odm:ItemGroupDef"/>
          <xsl:call-template name="codelists"/>
          <xsl:call-template name="methods"/>
          <xsl:call-template name="comments"/>
          <xsl:call-template name="documents"/>
          <footer>
            <xsl:text>Define-XML </xsl:text><xsl:value-of select="$version/@def:DefineVersion"/>
            <xsl:text>, made </xsl:text><xsl:value-of select="translate(/odm:ODM/@CreationDateTime, 'T', ' ')"/>
            <xsl:if test="/odm:ODM/@SourceSystem">
              <xsl:text> by </xsl:text><xsl:value-of select="/odm:ODM/@SourceSystem"/>
              <xsl:text> </xsl:text><xsl:value-of select="/odm:ODM/@SourceSystemVersion"/>
            </xsl:if>
            <xsl:text>.</xsl:text>
          </footer>
        </main>
      </body>
    </html>
  </xsl:template>

  <!-- The side bar -->

  <xsl:template name="navigation">
    <nav>
      <p class="study"><a href="#top"><xsl:value-of select="$study/odm:GlobalVariables/odm:StudyName"/></a></p>
      <p class="kind"><xsl:value-of select="$version/def:Standards/def:Standard[@Type='IG'][1]/@Name"/> data definition</p>
      <xsl:if test="$version/arm:AnalysisResultDisplays">
        <details>
          <summary>
            <a href="#analyses">Analysis results</a>
            <span><xsl:value-of select="count($version/arm:AnalysisResultDisplays/arm:ResultDisplay)"/></span>
          </summary>
          <ul>
            <xsl:for-each select="$version/arm:AnalysisResultDisplays/arm:ResultDisplay">
              <li><xsl:call-template name="link"><xsl:with-param name="to" select="@OID"/>
                <xsl:with-param name="text" select="@Name"/></xsl:call-template>
                <small><xsl:value-of select="odm:Description/odm:TranslatedText"/></small></li>
            </xsl:for-each>
          </ul>
        </details>
      </xsl:if>
      <details open="open">
        <summary><a href="#datasets">Datasets</a><span><xsl:value-of select="count($version/odm:ItemGroupDef)"/></span></summary>
        <ul>
          <xsl:for-each select="$version/odm:ItemGroupDef">
            <li><xsl:call-template name="link"><xsl:with-param name="to" select="@OID"/>
              <xsl:with-param name="text" select="@Name"/></xsl:call-template>
              <small><xsl:value-of select="odm:Description/odm:TranslatedText"/></small></li>
          </xsl:for-each>
        </ul>
      </details>
      <xsl:if test="$version/odm:CodeList">
        <details>
          <summary><a href="#codelists">Controlled terms</a><span><xsl:value-of select="count($version/odm:CodeList)"/></span></summary>
          <ul>
            <xsl:for-each select="$version/odm:CodeList">
              <li class="long"><xsl:call-template name="link"><xsl:with-param name="to" select="@OID"/>
                <xsl:with-param name="text" select="@Name"/></xsl:call-template></li>
            </xsl:for-each>
          </ul>
        </details>
      </xsl:if>
      <xsl:if test="$version/odm:MethodDef">
        <p class="entry"><a href="#methods">Methods</a><span><xsl:value-of select="count($version/odm:MethodDef)"/></span></p>
      </xsl:if>
      <xsl:if test="$version/def:CommentDef">
        <p class="entry"><a href="#comments">Comments</a><span><xsl:value-of select="count($version/def:CommentDef)"/></span></p>
      </xsl:if>
      <xsl:if test="$version/def:leaf">
        <p class="entry"><a href="#documents">Documents</a><span><xsl:value-of select="count($version/def:leaf)"/></span></p>
      </xsl:if>
    </nav>
  </xsl:template>

  <!-- What the file is about -->

  <xsl:template name="head">
    <header id="top">
      <p class="above">Data definition</p>
      <h1><xsl:value-of select="$study/odm:GlobalVariables/odm:StudyName"/></h1>
      <p class="lead"><xsl:value-of select="$study/odm:GlobalVariables/odm:StudyDescription"/></p>
      <dl class="facts">
        <div><dt>Protocol</dt><dd><xsl:value-of select="$study/odm:GlobalVariables/odm:ProtocolName"/></dd></div>
        <xsl:for-each select="$version/def:Standards/def:Standard[@Type='IG']">
          <div><dt>Standard</dt><dd><xsl:call-template name="standard"/></dd></div>
        </xsl:for-each>
        <xsl:if test="$version/def:Standards/def:Standard[@Type='CT']">
          <div>
            <dt>Controlled terminology</dt>
            <dd>
              <xsl:for-each select="$version/def:Standards/def:Standard[@Type='CT']">
                <xsl:if test="position() &gt; 1"><br/></xsl:if>
                <xsl:call-template name="standard"/>
              </xsl:for-each>
            </dd>
          </div>
        </xsl:if>
        <div><dt>Metadata</dt><dd><xsl:value-of select="$version/@Name"/></dd></div>
        <xsl:call-template name="documents-in-head"/>
      </dl>
    </header>
  </xsl:template>

  <xsl:template name="documents-in-head">
    <xsl:if test="$version/def:AnnotatedCRF/def:DocumentRef">
      <div><dt>Annotated CRF</dt><dd><xsl:apply-templates select="$version/def:AnnotatedCRF/def:DocumentRef"/></dd></div>
    </xsl:if>
    <xsl:if test="$version/def:SupplementalDoc/def:DocumentRef">
      <div><dt>Supplements</dt><dd><xsl:apply-templates select="$version/def:SupplementalDoc/def:DocumentRef"/></dd></div>
    </xsl:if>
  </xsl:template>

  <xsl:template name="standard">
    <xsl:value-of select="@Name"/><xsl:text> </xsl:text>
    <xsl:if test="@PublishingSet"><xsl:value-of select="@PublishingSet"/><xsl:text> </xsl:text></xsl:if>
    <xsl:value-of select="@Version"/>
    <xsl:if test="@Status and translate(@Status, 'FINAL', 'final') != 'final'"> (<xsl:value-of select="@Status"/>)</xsl:if>
    <xsl:call-template name="comment"/>
  </xsl:template>

  <!-- The datasets -->

  <xsl:template name="datasets">
    <section id="datasets">
      <h2>Datasets</h2>
      <div class="scroll">
        <table class="datasets">
          <thead><tr><th>Dataset</th><th>Description</th><th>Class</th><th>Structure</th><th>Keys</th><th>File</th></tr></thead>
          <tbody>
            <xsl:for-each select="$version/odm:ItemGroupDef">
              <tr>
                <td class="name"><xsl:call-template name="link"><xsl:with-param name="to" select="@OID"/>
                  <xsl:with-param name="text" select="@Name"/></xsl:call-template></td>
                <td>
                  <xsl:value-of select="odm:Description/odm:TranslatedText"/>
                  <xsl:if test="@def:HasNoData='Yes'"><xsl:text> </xsl:text><span class="tag">no data</span></xsl:if>
                  <xsl:call-template name="comment"/>
                </td>
                <td><xsl:call-template name="class"/></td>
                <td><xsl:value-of select="@def:Structure"/></td>
                <td class="keys"><xsl:call-template name="keys"/></td>
                <td><xsl:apply-templates select="def:leaf"/></td>
              </tr>
            </xsl:for-each>
          </tbody>
        </table>
      </div>
    </section>
  </xsl:template>

  <xsl:template name="class">
    <span class="class"><xsl:value-of select="def:Class/@Name"/></span>
    <xsl:for-each select="def:Class/def:SubClass"><br/><small><xsl:value-of select="@Name"/></small></xsl:for-each>
  </xsl:template>

  <xsl:template name="keys">
    <xsl:for-each select="odm:ItemRef[@KeySequence]">
      <xsl:sort select="@KeySequence" data-type="number"/>
      <xsl:if test="position() &gt; 1">, </xsl:if>
      <xsl:value-of select="key('item', @ItemOID)/@Name"/>
    </xsl:for-each>
  </xsl:template>

  <xsl:template match="odm:ItemGroupDef">
    <section class="dataset">
      <xsl:attribute name="id"><xsl:call-template name="anchor"/></xsl:attribute>
      <h2>
        <xsl:value-of select="@Name"/>
        <span class="label"><xsl:value-of select="odm:Description/odm:TranslatedText"/></span>
      </h2>
      <p class="about">
        <span class="class"><xsl:value-of select="def:Class/@Name"/></span>
        <xsl:for-each select="def:Class/def:SubClass"><xsl:text> </xsl:text><span class="class"><xsl:value-of select="@Name"/></span></xsl:for-each>
        <xsl:text> </xsl:text><xsl:value-of select="@def:Structure"/><xsl:text>. </xsl:text>
        <xsl:if test="odm:ItemRef/@KeySequence">Keys: <span class="keys"><xsl:call-template name="keys"/></span>. </xsl:if>
        <xsl:for-each select="key('standard', @def:StandardOID)"><xsl:value-of select="@Name"/><xsl:text> </xsl:text><xsl:value-of select="@Version"/><xsl:text>. </xsl:text></xsl:for-each>
        <xsl:if test="@def:IsNonStandard='Yes'"><span class="tag">not of a standard</span><xsl:text> </xsl:text></xsl:if>
        <xsl:apply-templates select="def:leaf"/>
        <xsl:call-template name="comment"/>
      </p>
      <xsl:variable name="has-roles" select="boolean(odm:ItemRef/@Role)"/>
      <div class="scroll">
        <table class="variables">
          <thead>
            <tr>
              <th>Variable</th><th>Label</th><th>Type</th>
              <xsl:if test="$has-roles"><th>Role</th></xsl:if>
              <th>Controlled terms, format</th><th>Origin</th><th>Derivation, comment</th>
            </tr>
          </thead>
          <tbody>
            <xsl:for-each select="odm:ItemRef">
              <xsl:sort select="@OrderNumber" data-type="number"/>
              <xsl:variable name="reference" select="."/>
              <xsl:for-each select="key('item', @ItemOID)">
                <tr>
                  <xsl:attribute name="id"><xsl:call-template name="anchor"/></xsl:attribute>
                  <td class="name">
                    <xsl:value-of select="@Name"/>
                    <xsl:if test="$reference/@KeySequence"><sup class="key" title="key variable"><xsl:value-of select="$reference/@KeySequence"/></sup></xsl:if>
                    <xsl:if test="def:ValueListRef">
                      <br/><a class="more"><xsl:attribute name="href">#<xsl:call-template name="anchor"><xsl:with-param name="of" select="def:ValueListRef/@ValueListOID"/></xsl:call-template></xsl:attribute>by value</a>
                    </xsl:if>
                  </td>
                  <td>
                    <xsl:value-of select="odm:Description/odm:TranslatedText"/>
                    <xsl:if test="$reference/@def:IsNonStandard='Yes'"><xsl:text> </xsl:text><span class="tag">not of the standard</span></xsl:if>
                    <xsl:if test="$reference/@def:HasNoData='Yes'"><xsl:text> </xsl:text><span class="tag">no data</span></xsl:if>
                  </td>
                  <td class="type"><xsl:call-template name="type"/></td>
                  <xsl:if test="$has-roles"><td class="role"><xsl:value-of select="$reference/@Role"/></td></xsl:if>
                  <td><xsl:call-template name="terms"/></td>
                  <td><xsl:apply-templates select="def:Origin"/></td>
                  <td><xsl:call-template name="derivation"><xsl:with-param name="reference" select="$reference"/></xsl:call-template></td>
                </tr>
              </xsl:for-each>
            </xsl:for-each>
          </tbody>
        </table>
      </div>
      <xsl:for-each select="odm:ItemRef">
        <xsl:sort select="@OrderNumber" data-type="number"/>
        <xsl:for-each select="key('item', @ItemOID)[def:ValueListRef]">
          <xsl:variable name="name" select="@Name"/>
          <xsl:for-each select="key('value-list', def:ValueListRef/@ValueListOID)">
            <xsl:call-template name="value-level"><xsl:with-param name="name" select="$name"/></xsl:call-template>
          </xsl:for-each>
        </xsl:for-each>
      </xsl:for-each>
    </section>
  </xsl:template>

  <xsl:template name="value-level">
    <xsl:param name="name"/>
    <h3>
      <xsl:attribute name="id"><xsl:call-template name="anchor"/></xsl:attribute>
      <xsl:value-of select="$name"/> by value
    </h3>
    <div class="scroll">
      <table class="values">
        <thead><tr><th>Where</th><th>Label</th><th>Type</th><th>Controlled terms, format</th><th>Origin</th><th>Derivation, comment</th></tr></thead>
        <tbody>
          <xsl:for-each select="odm:ItemRef">
            <xsl:sort select="@OrderNumber" data-type="number"/>
            <xsl:variable name="reference" select="."/>
            <tr>
              <td class="where"><xsl:call-template name="where"/></td>
              <xsl:for-each select="key('item', @ItemOID)">
                <td><xsl:value-of select="odm:Description/odm:TranslatedText"/></td>
                <td class="type"><xsl:call-template name="type"/></td>
                <td><xsl:call-template name="terms"/></td>
                <td><xsl:apply-templates select="def:Origin"/></td>
                <td><xsl:call-template name="derivation"><xsl:with-param name="reference" select="$reference"/></xsl:call-template></td>
              </xsl:for-each>
            </tr>
          </xsl:for-each>
        </tbody>
      </table>
    </div>
  </xsl:template>

  <!-- Parts of a variable -->

  <xsl:template name="type">
    <xsl:value-of select="@DataType"/>
    <xsl:if test="@Length">
      <xsl:text> </xsl:text><span class="length"><xsl:value-of select="@Length"/><xsl:if test="@SignificantDigits">.<xsl:value-of select="@SignificantDigits"/></xsl:if></span>
    </xsl:if>
  </xsl:template>

  <xsl:template name="terms">
    <xsl:if test="@def:DisplayFormat"><code><xsl:value-of select="@def:DisplayFormat"/></code><xsl:text> </xsl:text></xsl:if>
    <xsl:for-each select="key('codelist', odm:CodeListRef/@CodeListOID)">
      <xsl:variable name="items" select="odm:CodeListItem | odm:EnumeratedItem"/>
      <xsl:call-template name="link"><xsl:with-param name="to" select="@OID"/><xsl:with-param name="text" select="@Name"/></xsl:call-template>
      <xsl:choose>
        <xsl:when test="odm:ExternalCodeList">
          <br/><small><xsl:value-of select="odm:ExternalCodeList/@Dictionary"/><xsl:text> </xsl:text><xsl:value-of select="odm:ExternalCodeList/@Version"/></small>
        </xsl:when>
        <xsl:otherwise>
          <br/><small>
            <xsl:for-each select="$items[position() &lt;= 4]">
              <xsl:if test="position() &gt; 1">, </xsl:if><xsl:value-of select="@CodedValue"/>
            </xsl:for-each>
            <xsl:if test="count($items) &gt; 4">, … (<xsl:value-of select="count($items)"/>)</xsl:if>
          </small>
        </xsl:otherwise>
      </xsl:choose>
    </xsl:for-each>
    <xsl:if test="not(odm:CodeListRef) and (@DataType='date' or @DataType='time' or contains(@DataType, 'atetime') or starts-with(@DataType, 'partial'))"><small>ISO 8601</small></xsl:if>
  </xsl:template>

  <xsl:template match="def:Origin">
    <div>
      <xsl:value-of select="@Type"/>
      <xsl:if test="@Source"><xsl:text> </xsl:text><small>(<xsl:value-of select="@Source"/>)</small></xsl:if>
      <xsl:if test="odm:Description"><br/><code><xsl:value-of select="odm:Description/odm:TranslatedText"/></code></xsl:if>
      <xsl:if test="def:DocumentRef"><br/><xsl:apply-templates select="def:DocumentRef"/></xsl:if>
    </div>
  </xsl:template>

  <xsl:template name="derivation">
    <xsl:param name="reference"/>
    <xsl:for-each select="key('method', $reference/@MethodOID)">
      <div class="method">
        <xsl:call-template name="text"/>
        <xsl:if test="@Type='Imputation'"><xsl:text> </xsl:text><span class="tag">imputation</span></xsl:if>
        <xsl:if test="def:DocumentRef"><br/><xsl:apply-templates select="def:DocumentRef"/></xsl:if>
      </div>
    </xsl:for-each>
    <xsl:call-template name="comment"/>
  </xsl:template>

  <!-- The comment that the element refers to, whatever the element is. -->
  <xsl:template name="comment">
    <xsl:for-each select="key('comment', @def:CommentOID)">
      <div class="comment">
        <xsl:call-template name="text"/>
        <xsl:if test="def:DocumentRef"><xsl:text> </xsl:text><xsl:apply-templates select="def:DocumentRef"/></xsl:if>
      </div>
    </xsl:for-each>
  </xsl:template>

  <xsl:template name="text">
    <span class="text"><xsl:value-of select="odm:Description/odm:TranslatedText"/></span>
  </xsl:template>

  <!-- The conditions that the element refers to, one of which holds. -->
  <xsl:template name="where">
    <xsl:for-each select="def:WhereClauseRef">
      <xsl:if test="position() &gt; 1"><br/>or </xsl:if>
      <xsl:for-each select="key('where', @WhereClauseOID)">
        <xsl:for-each select="odm:RangeCheck">
          <xsl:if test="position() &gt; 1"> and </xsl:if>
          <xsl:variable name="item" select="key('item', @def:ItemOID)"/>
          <a><xsl:attribute name="href">#<xsl:call-template name="anchor"><xsl:with-param name="of" select="@def:ItemOID"/></xsl:call-template></xsl:attribute>
            <xsl:value-of select="$item/@Name"/></a>
          <xsl:choose>
            <xsl:when test="@Comparator='EQ' and odm:CheckValue=''"> is missing</xsl:when>
            <xsl:when test="@Comparator='NE' and odm:CheckValue=''"> is not missing</xsl:when>
            <xsl:when test="@Comparator='EQ'"> = </xsl:when>
            <xsl:when test="@Comparator='NE'"> ≠ </xsl:when>
            <xsl:when test="@Comparator='LT'"> &lt; </xsl:when>
            <xsl:when test="@Comparator='LE'"> ≤ </xsl:when>
            <xsl:when test="@Comparator='GT'"> &gt; </xsl:when>
            <xsl:when test="@Comparator='GE'"> ≥ </xsl:when>
            <xsl:when test="@Comparator='IN'"> in </xsl:when>
            <xsl:when test="@Comparator='NOTIN'"> not in </xsl:when>
          </xsl:choose>
          <xsl:variable name="list" select="key('codelist', $item/odm:CodeListRef/@CodeListOID)"/>
          <xsl:for-each select="odm:CheckValue[. != '']">
            <xsl:if test="position() &gt; 1">, </xsl:if>
            <xsl:variable name="value" select="string(.)"/>
            <b><xsl:value-of select="$value"/></b>
            <xsl:variable name="decode" select="$list/odm:CodeListItem[@CodedValue=$value]/odm:Decode/odm:TranslatedText"/>
            <xsl:if test="$decode != '' and $decode != $value"><xsl:text> </xsl:text><small>(<xsl:value-of select="$decode"/>)</small></xsl:if>
          </xsl:for-each>
        </xsl:for-each>
        <xsl:call-template name="comment"/>
      </xsl:for-each>
    </xsl:for-each>
  </xsl:template>

  <!-- Analysis results -->

  <xsl:template match="arm:AnalysisResultDisplays">
    <section id="analyses">
      <h2>Analysis results</h2>
      <xsl:for-each select="arm:ResultDisplay">
        <article>
          <xsl:attribute name="id"><xsl:call-template name="anchor"/></xsl:attribute>
          <h3><xsl:value-of select="@Name"/><span class="label"><xsl:value-of select="odm:Description/odm:TranslatedText"/></span></h3>
          <xsl:apply-templates select="def:DocumentRef"/>
          <xsl:apply-templates select="arm:AnalysisResult"/>
        </article>
      </xsl:for-each>
    </section>
  </xsl:template>

  <xsl:template match="arm:AnalysisResult">
    <div class="result">
      <xsl:attribute name="id"><xsl:call-template name="anchor"/></xsl:attribute>
      <h4><xsl:value-of select="odm:Description/odm:TranslatedText"/></h4>
      <p class="why"><span class="tag"><xsl:value-of select="@AnalysisPurpose"/></span><xsl:text> </xsl:text><span class="tag plain"><xsl:value-of select="@AnalysisReason"/></span></p>
      <dl>
        <xsl:for-each select="arm:AnalysisDatasets/arm:AnalysisDataset">
          <div>
            <dt><xsl:call-template name="link"><xsl:with-param name="to" select="@ItemGroupOID"/><xsl:with-param name="text" select="key('group', @ItemGroupOID)/@Name"/></xsl:call-template></dt>
            <dd>
              <xsl:if test="def:WhereClauseRef"><div class="where">Records with <xsl:call-template name="where"/></div></xsl:if>
              <xsl:if test="arm:AnalysisVariable">
                <xsl:text>Variables </xsl:text>
                <xsl:for-each select="arm:AnalysisVariable">
                  <xsl:if test="position() &gt; 1">, </xsl:if>
                  <a class="name"><xsl:attribute name="href">#<xsl:call-template name="anchor"><xsl:with-param name="of" select="@ItemOID"/></xsl:call-template></xsl:attribute>
                    <xsl:value-of select="key('item', @ItemOID)/@Name"/></a>
                  <xsl:text> </xsl:text><small><xsl:value-of select="key('item', @ItemOID)/odm:Description/odm:TranslatedText"/></small>
                </xsl:for-each>
              </xsl:if>
            </dd>
          </div>
        </xsl:for-each>
        <xsl:if test="arm:AnalysisDatasets/@def:CommentOID">
          <div><dt>Records</dt><dd><xsl:for-each select="arm:AnalysisDatasets"><xsl:call-template name="comment"/></xsl:for-each></dd></div>
        </xsl:if>
        <xsl:if test="@ParameterOID">
          <div><dt>Parameter</dt><dd><a class="name"><xsl:attribute name="href">#<xsl:call-template name="anchor"><xsl:with-param name="of" select="@ParameterOID"/></xsl:call-template></xsl:attribute>
            <xsl:value-of select="key('item', @ParameterOID)/@Name"/></a></dd></div>
        </xsl:if>
        <xsl:if test="arm:Documentation">
          <div><dt>Method</dt><dd><span class="text"><xsl:value-of select="arm:Documentation/odm:Description/odm:TranslatedText"/></span>
            <xsl:text> </xsl:text><xsl:apply-templates select="arm:Documentation/def:DocumentRef"/></dd></div>
        </xsl:if>
        <xsl:if test="arm:ProgrammingCode">
          <div><dt>Program</dt><dd>
            <xsl:if test="arm:ProgrammingCode/@Context"><small><xsl:value-of select="arm:ProgrammingCode/@Context"/></small></xsl:if>
            <xsl:if test="arm:ProgrammingCode/arm:Code"><pre><xsl:value-of select="arm:ProgrammingCode/arm:Code"/></pre></xsl:if>
            <xsl:apply-templates select="arm:ProgrammingCode/def:DocumentRef"/></dd></div>
        </xsl:if>
      </dl>
    </div>
  </xsl:template>

  <!-- Controlled terms -->

  <xsl:template name="codelists">
    <xsl:if test="$version/odm:CodeList">
      <section id="codelists">
        <h2>Controlled terms</h2>
        <xsl:if test="$version/odm:CodeList/odm:ExternalCodeList">
          <h3>Dictionaries</h3>
          <div class="scroll"><table>
            <thead><tr><th>Name</th><th>Dictionary</th><th>Version</th></tr></thead>
            <tbody>
              <xsl:for-each select="$version/odm:CodeList[odm:ExternalCodeList]">
                <tr>
                  <xsl:attribute name="id"><xsl:call-template name="anchor"/></xsl:attribute>
                  <td><xsl:value-of select="@Name"/><xsl:call-template name="comment"/></td>
                  <td><xsl:value-of select="odm:ExternalCodeList/@Dictionary"/></td>
                  <td><xsl:value-of select="odm:ExternalCodeList/@Version"/></td>
                </tr>
              </xsl:for-each>
            </tbody>
          </table></div>
          <h3>Codelists</h3>
        </xsl:if>
        <div class="lists">
          <xsl:for-each select="$version/odm:CodeList[not(odm:ExternalCodeList)]">
            <div class="list">
              <xsl:attribute name="id"><xsl:call-template name="anchor"/></xsl:attribute>
              <h4><xsl:value-of select="@Name"/></h4>
              <p class="about">
                <code><xsl:value-of select="@OID"/></code><xsl:text> </xsl:text><xsl:value-of select="@DataType"/>
                <xsl:for-each select="odm:Alias[@Context='nci:ExtCodeID']"><xsl:text> </xsl:text><span class="code"><xsl:value-of select="@Name"/></span></xsl:for-each>
                <xsl:for-each select="key('standard', @def:StandardOID)"><xsl:text>, </xsl:text><xsl:value-of select="@PublishingSet"/><xsl:text> </xsl:text><xsl:value-of select="@Version"/></xsl:for-each>
                <xsl:call-template name="comment"/>
              </p>
              <table>
                <tbody>
                  <xsl:for-each select="odm:CodeListItem | odm:EnumeratedItem">
                    <xsl:sort select="@OrderNumber" data-type="number"/>
                    <tr>
                      <td class="value"><xsl:value-of select="@CodedValue"/><xsl:if test="@def:ExtendedValue='Yes'"><sup title="added by the sponsor">+</sup></xsl:if></td>
                      <xsl:if test="self::odm:CodeListItem"><td><xsl:value-of select="odm:Decode/odm:TranslatedText"/></td></xsl:if>
                      <xsl:if test="../*/odm:Alias"><td class="code"><xsl:value-of select="odm:Alias[@Context='nci:ExtCodeID']/@Name"/></td></xsl:if>
                    </tr>
                  </xsl:for-each>
                </tbody>
              </table>
            </div>
          </xsl:for-each>
        </div>
      </section>
    </xsl:if>
  </xsl:template>

  <!-- Methods, comments, documents -->

  <xsl:template name="methods">
    <xsl:if test="$version/odm:MethodDef">
      <section id="methods">
        <h2>Methods</h2>
        <div class="scroll"><table class="texts">
          <thead><tr><th>Method</th><th>Type</th><th>Description</th></tr></thead>
          <tbody>
            <xsl:for-each select="$version/odm:MethodDef">
              <tr>
                <xsl:attribute name="id"><xsl:call-template name="anchor"/></xsl:attribute>
                <td><xsl:value-of select="@Name"/></td>
                <td><xsl:value-of select="@Type"/></td>
                <td><xsl:call-template name="text"/><xsl:text> </xsl:text><xsl:apply-templates select="def:DocumentRef"/></td>
              </tr>
            </xsl:for-each>
          </tbody>
        </table></div>
      </section>
    </xsl:if>
  </xsl:template>

  <xsl:template name="comments">
    <xsl:if test="$version/def:CommentDef">
      <section id="comments">
        <h2>Comments</h2>
        <div class="scroll"><table class="texts">
          <thead><tr><th>Comment</th><th>Text</th></tr></thead>
          <tbody>
            <xsl:for-each select="$version/def:CommentDef">
              <tr>
                <xsl:attribute name="id"><xsl:call-template name="anchor"/></xsl:attribute>
                <td><code><xsl:value-of select="@OID"/></code></td>
                <td><xsl:call-template name="text"/><xsl:text> </xsl:text><xsl:apply-templates select="def:DocumentRef"/></td>
              </tr>
            </xsl:for-each>
          </tbody>
        </table></div>
      </section>
    </xsl:if>
  </xsl:template>

  <xsl:template name="documents">
    <xsl:if test="$version/def:leaf">
      <section id="documents">
        <h2>Documents</h2>
        <ul class="documents"><xsl:for-each select="$version/def:leaf"><li><xsl:apply-templates select="."/></li></xsl:for-each></ul>
      </section>
    </xsl:if>
  </xsl:template>

  <xsl:template match="def:leaf">
    <a class="file" href="{@xlink:href}"><xsl:value-of select="def:title"/></a>
  </xsl:template>

  <xsl:template match="def:DocumentRef">
    <xsl:variable name="leaf" select="key('leaf', @leafID)"/>
    <span class="reference">
      <a class="file" href="{$leaf/@xlink:href}"><xsl:value-of select="$leaf/def:title"/></a>
      <xsl:for-each select="def:PDFPageRef">
        <xsl:text> </xsl:text>
        <xsl:choose>
          <xsl:when test="@Type='NamedDestination'"><a href="{$leaf/@xlink:href}#{@PageRefs}"><xsl:value-of select="@PageRefs"/></a></xsl:when>
          <xsl:when test="@FirstPage"><a href="{$leaf/@xlink:href}#page={@FirstPage}">p. <xsl:value-of select="@FirstPage"/>–<xsl:value-of select="@LastPage"/></a></xsl:when>
          <xsl:otherwise>
            <xsl:text>p. </xsl:text>
            <xsl:call-template name="pages"><xsl:with-param name="href" select="$leaf/@xlink:href"/><xsl:with-param name="pages" select="normalize-space(@PageRefs)"/></xsl:call-template>
          </xsl:otherwise>
        </xsl:choose>
      </xsl:for-each>
    </span>
    <xsl:text> </xsl:text>
  </xsl:template>

  <!-- Page numbers, separated by blanks, as links. -->
  <xsl:template name="pages">
    <xsl:param name="href"/>
    <xsl:param name="pages"/>
    <xsl:variable name="first" select="substring-before(concat($pages, ' '), ' ')"/>
    <xsl:variable name="others" select="substring-after($pages, ' ')"/>
    <a href="{$href}#page={$first}"><xsl:value-of select="$first"/></a>
    <xsl:if test="$others">
      <xsl:text>, </xsl:text>
      <xsl:call-template name="pages"><xsl:with-param name="href" select="$href"/><xsl:with-param name="pages" select="$others"/></xsl:call-template>
    </xsl:if>
  </xsl:template>

  <!-- Anchors: the OID, without blanks. -->
  <xsl:template name="anchor">
    <xsl:param name="of" select="@OID"/>
    <xsl:value-of select="translate($of, ' ', '_')"/>
  </xsl:template>

  <xsl:template name="link">
    <xsl:param name="to"/>
    <xsl:param name="text"/>
    <a href="#{translate($to, ' ', '_')}"><xsl:value-of select="$text"/></a>
  </xsl:template>

  <xsl:template name="style">
    <style>
      :root { --ink: #1d2b36; --soft: #5b6b78; --line: #dde4e9; --faint: #f4f7f9; --accent: #0a6c74; --tag: #e3f1f1; }
      * { box-sizing: border-box; }
      html { scroll-behavior: smooth; scroll-padding-top: 1rem; }
      body { margin: 0; color: var(--ink); background: #fff; font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
      a { color: var(--accent); text-decoration: none; }
      a:hover, a:focus { text-decoration: underline; }
      nav { position: fixed; top: 0; bottom: 0; left: 0; width: 17rem; overflow-y: auto; padding: 1.6rem 1.2rem 2rem; background: var(--faint); border-right: 1px solid var(--line); font-size: 14px; }
      nav .study { margin: 0; font-size: 1.05rem; font-weight: 650; }
      nav .study a { color: var(--ink); }
      nav .kind { margin: 0 0 1.2rem; color: var(--soft); }
      nav summary, nav .entry { display: flex; margin: 0; padding: .3rem 0; font-weight: 600; cursor: pointer; list-style: none; }
      nav .entry { padding-left: .9rem; }
      nav summary::-webkit-details-marker { display: none; }
      nav summary::before { content: "\25B8"; width: .9rem; color: var(--soft); }
      nav details[open] > summary::before { content: "\25BE"; }
      nav summary a, nav .entry a { color: var(--ink); }
      nav summary span, nav .entry span { margin-left: auto; color: var(--soft); font-weight: 400; }
      nav ul { margin: 0 0 .6rem; padding: 0 0 0 .9rem; list-style: none; }
      nav li { display: flex; gap: .6rem; align-items: baseline; padding: .12rem 0; }
      nav li a { flex: none; min-width: 4.6rem; font-weight: 500; }
      nav li.long a { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
      nav li small { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; color: var(--soft); }
      main { margin-left: 17rem; padding: 2.4rem 2.6rem 3rem; max-width: 108rem; }
      header { margin-bottom: 2.6rem; }
      .above { margin: 0; color: var(--accent); font-weight: 600; letter-spacing: .02em; }
      h1 { margin: 0; font-size: 2.1rem; line-height: 1.2; letter-spacing: -.01em; }
      .lead { max-width: 60rem; margin: .4rem 0 1.4rem; font-size: 1.1rem; color: var(--soft); }
      .facts { display: flex; flex-wrap: wrap; gap: 1rem 3rem; margin: 0; }
      .facts dt { color: var(--soft); font-size: .85rem; }
      .facts dd { margin: 0; }
      .facts .reference { display: block; }
      section { margin: 0 0 3.2rem; }
      h2 { margin: 0 0 .8rem; padding-top: 1rem; font-size: 1.5rem; line-height: 1.25; }
      h3 { margin: 1.8rem 0 .6rem; font-size: 1.12rem; }
      h4 { margin: 0; font-size: 1rem; }
      .label { margin-left: .7rem; color: var(--soft); font-weight: 400; }
      .about { margin: 0 0 1rem; color: var(--soft); }
      .scroll { overflow-x: auto; }
      table { width: 100%; border-collapse: collapse; }
      th { padding: .45rem .8rem .45rem 0; text-align: left; font-size: .85rem; font-weight: 600; color: var(--soft); border-bottom: 2px solid var(--line); white-space: nowrap; }
      td { padding: .5rem .8rem .5rem 0; vertical-align: top; border-bottom: 1px solid var(--line); }
      tr:target td, h3:target, h4:target { background: #fff7d6; }
      .name, .keys { font-weight: 600; }
      .name { white-space: nowrap; }
      .keys { font-weight: 500; color: var(--ink); }
      .key { margin-left: .25rem; padding: 0 .3rem; border-radius: .3rem; background: var(--tag); color: var(--accent); font-size: .7rem; font-weight: 600; }
      .more { font-size: .85rem; font-weight: 400; }
      .type, .role { white-space: nowrap; }
      .role { font-size: .9rem; }
      .length, small { color: var(--soft); font-size: .87em; }
      .class { color: var(--soft); font-size: .82rem; letter-spacing: .02em; }
      p .class, .tag { display: inline-block; padding: .05rem .5rem; border-radius: .7rem; background: var(--tag); color: var(--accent); font-size: .78rem; font-weight: 500; }
      .tag.plain { background: var(--faint); color: var(--soft); }
      code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; font-size: .87em; overflow-wrap: anywhere; }
      pre { max-height: 26rem; overflow: auto; margin: .3rem 0 0; padding: .8rem 1rem; background: var(--faint); border-radius: .4rem; white-space: pre-wrap; }
      .text { white-space: pre-line; overflow-wrap: anywhere; }
      .comment { color: var(--soft); }
      .method + .comment { margin-top: .3rem; }
      .variables td:last-child, .values td:last-child { min-width: 18rem; max-width: 34rem; }
      .where { min-width: 14rem; }
      article { margin: 0 0 1.6rem; padding: 0 0 1.2rem; border-bottom: 1px solid var(--line); }
      .result { margin: .8rem 0 0; padding: .2rem 0 .2rem 1.1rem; border-left: 3px solid var(--tag); }
      .why { margin: .3rem 0; }
      .result dl { margin: .4rem 0 0; }
      .result dl > div { display: flex; gap: 1rem; padding: .15rem 0; }
      .result dt { flex: 0 0 6.5rem; color: var(--soft); }
      .result dd { flex: 1; min-width: 0; margin: 0; }
      .lists { columns: 24rem; column-gap: 2.6rem; }
      .list { break-inside: avoid; margin: 0 0 1.8rem; }
      .list .about { margin: 0 0 .3rem; font-size: .87rem; overflow-wrap: anywhere; }
      .list td { padding: .2rem .8rem .2rem 0; overflow-wrap: anywhere; }
      .list td.value { min-width: 5rem; font-weight: 500; }
      .code { color: var(--soft); font-size: .85em; white-space: nowrap; }
      .texts td:first-child { width: 22rem; overflow-wrap: anywhere; }
      .documents { padding-left: 1.1rem; }
      footer { padding-top: 1rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .87rem; }
      @media (max-width: 60rem) {
        nav { position: static; width: auto; border-right: 0; border-bottom: 1px solid var(--line); }
        nav details[open] ul { max-height: 40vh; overflow-y: auto; }
        main { margin-left: 0; padding: 1.4rem 1.1rem 2rem; }
        h1 { font-size: 1.6rem; }
        .result dl > div { display: block; }
        .scroll > table { min-width: 46rem; }
      }
      @media print {
        body { font-size: 9pt; }
        nav { display: none; }
        main { margin: 0; padding: 0; max-width: none; }
        .dataset { break-before: page; }
        tr, .list, .result { break-inside: avoid; }
        thead { display: table-header-group; }
        a { color: inherit; }
        pre { max-height: none; }
        .scroll { overflow: visible; }
      }
    </style>
  </xsl:template>
</xsl:stylesheet>
